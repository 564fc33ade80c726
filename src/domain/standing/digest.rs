//! The digest of everything that standings follow from: the same input gives the same run.

use super::Input;
use crate::domain::baseline::BaselineRow;
use crate::domain::org::View;
use sha2::{Digest as _, Sha256};

/// SHA-256 over the campaign, the day, the baselines and every report's content and standing, in id order.
#[must_use]
pub fn input_digest(input: &Input<'_>, baselines: &[BaselineRow]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(input.campaign.id().0);
    hash.update(input.today.to_string());
    if input.view != View::AsWas {
        hash.update(input.view.to_string());
    }
    for BaselineRow { unit_uid, element, window, value, source, status, version } in baselines {
        hash.update(format!(
            "{unit_uid}|{element}|{}|{}|{value}|{source}|{status}|{version}\n",
            window.start, window.end
        ));
    }
    let mut reports: Vec<_> = input.reports.iter().collect();
    reports.sort_by_key(|entry| entry.key.id());
    for entry in reports {
        hash.update(entry.key.id().0);
        hash.update([u8::from(entry.received), u8::from(entry.accepted), u8::from(entry.late)]);
        for (element, value) in entry.cells {
            hash.update(format!("{}={value:?};", element.0));
        }
    }
    hash.finalize().into()
}
