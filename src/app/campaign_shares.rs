//! Freezes the shares of allocated targets, when a campaign is approved and when it is amended.

use super::ReferenceSnapshot;
use super::error::{AppError, Result};
use crate::domain::campaign::Campaign;
use crate::domain::standing::allocate_shares;
use crate::domain::standing::baseline::Baselines;
use crate::store::WriteTx;

/// `campaign` with the shares of its allocated targets. A target that is the same as in `before`
/// keeps its shares.
///
/// # Errors
/// [`AppError::Violations`] if a target cannot be shared.
pub(super) fn freeze_shares(
    tx: &mut WriteTx<'_>,
    reference: &ReferenceSnapshot,
    before: Option<&Campaign>,
    campaign: Campaign,
) -> Result<Campaign> {
    if campaign.targets.iter().all(|target| target.allocation.is_none()) {
        return Ok(Campaign { shares: Vec::new(), ..campaign });
    }
    let baselines = Baselines::new(&tx.baselines()?);
    let (org, catalogue) = (&reference.org, &reference.catalogue);
    let computed =
        allocate_shares(&campaign, org, catalogue, &baselines).map_err(AppError::Violations)?;
    let is_kept = |code: &str| {
        before.is_some_and(|before| {
            before.target(code) == campaign.target(code)
                && before.shares.iter().any(|share| share.target == code)
        })
    };
    let kept = before.into_iter().flat_map(|before| &before.shares);
    let mut shares: Vec<_> = kept.filter(|share| is_kept(&share.target)).cloned().collect();
    shares.extend(computed.into_iter().filter(|share| !is_kept(&share.target)));
    Ok(Campaign { shares, ..campaign })
}
