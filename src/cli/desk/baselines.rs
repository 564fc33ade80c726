//! The figures of earlier years.

use super::super::error::CliResult;
use super::super::standing_format::plain_figure;
use super::{Desk, RemoteDesk, read, require};
use crate::domain::report::element::ElementCode;
use crate::domain::standing::baseline::{BaselineRow, BaselineStatus};
use crate::pb;
use crate::wire::{enums, values};
use jiff::civil::Date;

/// A figure of the past.
pub(in crate::cli) struct BaselineLine {
    pub(in crate::cli) unit: String,
    pub(in crate::cli) element: String,
    pub(in crate::cli) first_day: Date,
    pub(in crate::cli) last_day: Date,
    /// With a point, in the unit of the element.
    pub(in crate::cli) value: String,
    pub(in crate::cli) source: String,
    pub(in crate::cli) status: BaselineStatus,
    pub(in crate::cli) version: u32,
}

impl Desk {
    /// The figures of an element, or of all, by unit, element, version and day.
    pub(in crate::cli) fn baselines(&self, element: Option<&str>) -> CliResult<Vec<BaselineLine>> {
        let lines = self.baseline_rows(element)?.into_iter().map(|(row, scale)| BaselineLine {
            value: plain_figure(row.value, scale),
            unit: row.unit_uid,
            element: row.element.to_string(),
            first_day: row.window.start,
            last_day: row.window.last_day(),
            source: row.source,
            status: row.status,
            version: row.version,
        });
        Ok(lines.collect())
    }

    /// The same as they are stored, each with the decimals of its element.
    pub(in crate::cli) fn baseline_rows(
        &self,
        element: Option<&str>,
    ) -> CliResult<Vec<(BaselineRow, u8)>> {
        let local_app = match self {
            Self::Local(local_app) => local_app,
            Self::Remote(remote) => return remote.baseline_rows(element),
        };
        let catalogue = &local_app.load_reference()?.catalogue;
        let mut rows = local_app.app.baselines(&local_app.actor)?;
        rows.retain(|row| element.is_none_or(|code| row.element.as_str() == code));
        let scale_of =
            |row: &BaselineRow| catalogue.element(&row.element).map_or(0, |element| element.scale);
        Ok(rows.into_iter().map(|row| (row.clone(), scale_of(&row))).collect())
    }
}

impl RemoteDesk {
    fn baseline_rows(&self, element: Option<&str>) -> CliResult<Vec<(BaselineRow, u8)>> {
        let rows = self.read_pages(|page_token| {
            let element_code = element.unwrap_or_default().to_owned();
            let request = pb::ListBaselinesRequest { page_size: 500, page_token, element_code };
            let answer = self.client.list_baselines(request)?;
            Ok((answer.baselines, answer.next_page_token))
        })?;
        rows.into_iter().map(read_baseline).collect()
    }
}

fn read_baseline(row: pb::Baseline) -> CliResult<(BaselineRow, u8)> {
    let value = require(row.value)?;
    let read = BaselineRow {
        unit_uid: row.unit_uid,
        element: require(ElementCode::new(&row.element_code).ok())?,
        window: read(values::window_from_proto(row.days))?,
        value: value.units,
        source: row.source,
        status: read(enums::baseline_status_from_proto(row.status))?,
        version: row.version,
    };
    Ok((read, require(u8::try_from(value.scale).ok())?))
}
