//! Converts score sheets.

use super::enums;
use super::record::RecordError;
use super::record::standing::{fraction_from_proto, fraction_to_proto};
use crate::domain::scoring::{ScoreLine, ScoreOverride, ScoreSheet};
use crate::domain::support::ratio::Ratio;
use crate::pb;

/// Converts a sheet; `unit_uid` is the code of its unit. Points that do not fit into 64 bits are
/// refused, so that no score is silently lost.
///
/// # Errors
/// Points that do not fit.
pub fn score_sheet_to_proto(
    unit_uid: String,
    sheet: ScoreSheet,
) -> Result<pb::ScoreSheet, RecordError> {
    let ScoreSheet { lines, redistributed_weight, exclusions, total, provisional } = sheet;
    let exclusions = exclusions.into_iter().map(enums::score_exclusion_to_proto);
    Ok(pb::ScoreSheet {
        unit_uid,
        lines: lines.into_iter().map(line_to_proto).collect::<Result<_, _>>()?,
        redistributed_weight: points_to_proto(Some(redistributed_weight))?,
        exclusions: exclusions.map(Into::into).collect(),
        total: points_to_proto(total)?,
        provisional,
    })
}

/// Converts a message into the code of a unit and its sheet.
///
/// # Errors
/// A part that the contract does not allow.
pub fn score_sheet_from_proto(
    message: pb::ScoreSheet,
) -> Result<(String, ScoreSheet), RecordError> {
    let pb::ScoreSheet { unit_uid, lines, redistributed_weight, exclusions, total, provisional } =
        message;
    let exclusions = exclusions.into_iter().map(enums::score_exclusion_from_proto);
    let exclusions: Result<_, _> = exclusions.collect();
    let sheet = ScoreSheet {
        lines: lines.into_iter().map(line_from_proto).collect::<Result<_, _>>()?,
        redistributed_weight: required_points(redistributed_weight)?,
        exclusions: exclusions.map_err(|_| RecordError::Field("exclusions"))?,
        total: fraction_from_proto(total)?,
        provisional,
    };
    Ok((unit_uid, sheet))
}

fn line_to_proto(line: ScoreLine) -> Result<pb::ScoreLine, RecordError> {
    let ScoreLine { code, weight, self_score, system_score, cluster_override, not_applicable } =
        line;
    let cluster = |decided: ScoreOverride| {
        let ScoreOverride { points, reason, decided_by_post: post } = decided;
        Ok::<_, RecordError>(pb::ClusterScore {
            points: points_to_proto(Some(points))?,
            reason,
            post,
        })
    };
    Ok(pb::ScoreLine {
        code,
        weight: points_to_proto(Some(weight))?,
        self_score: points_to_proto(self_score)?,
        system_score: points_to_proto(system_score)?,
        cluster: cluster_override.map(cluster).transpose()?,
        not_applicable,
    })
}

fn line_from_proto(message: pb::ScoreLine) -> Result<ScoreLine, RecordError> {
    let pb::ScoreLine { code, weight, self_score, system_score, cluster, not_applicable } = message;
    let decided = |message: pb::ClusterScore| {
        let pb::ClusterScore { points, reason, post: decided_by_post } = message;
        Ok::<_, RecordError>(ScoreOverride {
            points: required_points(points)?,
            reason,
            decided_by_post,
        })
    };
    Ok(ScoreLine {
        code,
        weight: required_points(weight)?,
        self_score: fraction_from_proto(self_score)?,
        system_score: fraction_from_proto(system_score)?,
        cluster_override: cluster.map(decided).transpose()?,
        not_applicable,
    })
}

fn points_to_proto(points: Option<Ratio>) -> Result<Option<pb::Fraction>, RecordError> {
    let fraction = fraction_to_proto(points);
    if points.is_some() && fraction.is_none() {
        return Err(RecordError::Field("points"));
    }
    Ok(fraction)
}

fn required_points(message: Option<pb::Fraction>) -> Result<Ratio, RecordError> {
    fraction_from_proto(message)?.ok_or(RecordError::Field("points"))
}
