//! The readers, each as a function from bytes to what was read or refused.

use crate::health_world::HealthWorld;
use jiff::civil::date;
use std::fmt::Debug;
use thidua::domain::report::element::CountingLevel;
use thidua::domain::support::message::Message;
use thidua::exchange::dhis2::{Dhis2Form, Dhis2Options, Register, read_data_value_set};
use thidua::files::diagnostic::FileDiagnostic;
use thidua::files::org::{OrgTables, read_org_tables};
use thidua::files::table::{DecimalMark, TableInput, read_rows};
use thidua::files::{baseline, campaign, catalogue, grant, handover, report_csv, scoring_plan};
use thidua::i18n::Lang;

/// One reader, or several of one kind of file.
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    /// Its directory under `fuzz/corpus`.
    pub(crate) corpus: &'static str,
    /// How many rounds it runs where one is asked for: quick ones run more.
    pub(crate) weight: u64,
    /// Whether each of its readers reads a file of the corpus.
    pub(crate) reads_with_each: bool,
    pub(crate) read: fn(&[u8]) -> Vec<Verdict>,
}

/// What one reader makes of a file.
pub(crate) enum Verdict {
    /// What it means, whatever its form.
    Read(String),
    /// Code and sentence of every refusal.
    Refused(Vec<Refusal>),
}

/// One refusal: its code and place, or a sentence that has them.
pub(crate) enum Refusal {
    Placed { code: String, line: usize, text: String },
    Sentence(String),
}

impl Verdict {
    fn new<T>(read: Result<T, Vec<FileDiagnostic>>, meaning: impl FnOnce(T) -> String) -> Self {
        match read {
            Ok(read) => Self::Read(meaning(read)),
            Err(faults) => Self::Refused(faults.iter().map(placed).collect()),
        }
    }

    /// What a refusal owes and lacks: a code, a place, and a sentence in both languages.
    pub(crate) fn broken_promise(&self) -> Option<String> {
        let Self::Refused(refusals) = self else { return None };
        if refusals.is_empty() {
            return Some("it was refused without a reason".to_owned());
        }
        refusals.iter().find_map(|refusal| match refusal {
            Refusal::Placed { code, line, text } => {
                let is_whole = !code.is_empty() && *line > 0 && !text.trim().is_empty();
                (!is_whole).then(|| format!("a refusal without code or place: {code} {text}"))
            }
            Refusal::Sentence(text) => {
                let lower = text.to_lowercase();
                let after = lower.split("line ").nth(1).unwrap_or_default();
                let has_line = after.starts_with(|c: char| c.is_ascii_digit());
                (!has_line).then(|| format!("a refusal without its line: {text}"))
            }
        })
    }
}

fn placed(fault: &FileDiagnostic) -> Refusal {
    let (code, line) = (fault.violation.code.to_owned(), fault.position.line);
    Refusal::Placed { code, line, text: fault.to_text(Lang::VI) }
}

/// The debug form without the numbers of lines, which another form of the file changes.
fn without_lines(read: &impl Debug) -> String {
    let mut text = format!("{read:?}");
    let mut from = 0;
    while let Some(at) = text[from..].find("line: ") {
        let start = from + at + "line: ".len();
        let digits = text[start..].bytes().take_while(u8::is_ascii_digit).count();
        text.replace_range(start..start + digits, "");
        from = start;
    }
    text
}

pub(crate) const TABLES: Reader =
    Reader { name: "tables", corpus: "table", weight: 1, reads_with_each: true, read: read_table };
pub(crate) const WORKBOOKS: Reader = Reader {
    name: "workbooks",
    corpus: "workbook",
    weight: 1,
    reads_with_each: false,
    read: read_table,
};

/// Every reader of tables, as a file of this machine and as one that came over the network.
fn read_table(bytes: &[u8]) -> Vec<Verdict> {
    let HealthWorld { org, catalogue, .. } = HealthWorld::get();
    let input = TableInput::received("table", bytes);
    let comma =
        TableInput { decimal_mark: Some(DecimalMark::Comma), ..TableInput::new("t", bytes) };
    let reports = |input: &TableInput<'_>| {
        let staged = report_csv::stage_reports(input, catalogue);
        Verdict::new(staged.and_then(report_csv::StagedReports::into_rows), |mut rows| {
            for row in &mut rows {
                row.cells.sort_by(|a, b| a.0.cmp(&b.0));
            }
            without_lines(&rows)
        })
    };
    let level_of = |uid: &str| org.unit_by_uid(uid).map(|_| CountingLevel::Commune);
    let baselines = baseline::read_baselines(&input, 1, catalogue, level_of);
    let baselines = baselines.and_then(baseline::BaselineImport::into_rows);
    let rows = read_rows(&input).map(|rows| rows.len());
    let mut verdicts = vec![
        reports(&input),
        reports(&comma),
        Verdict::new(baselines, |read| without_lines(&read)),
        Verdict::new(handover::read_handover(&input, org, catalogue), |read| without_lines(&read)),
        Verdict::new(grant::read_grants(&input, org, date(2026, 7, 6)), |read| {
            without_lines(&read)
        }),
        // How many rows there are is no meaning: blank ones and remarks come and go.
        Verdict::new(rows, |_| String::new()),
    ];
    verdicts.extend(read_organisation(&input));
    verdicts
}

/// The three tables of an organisation, each beside the two others of the example.
fn read_organisation(input: &TableInput<'_>) -> [Verdict; 3] {
    let [units, parents, lineage] = [
        include_bytes!("../../fuzz/corpus/table/health-units").as_slice(),
        include_bytes!("../../fuzz/corpus/table/health-parents"),
        include_bytes!("../../fuzz/corpus/table/health-lineage"),
    ]
    .map(|bytes| TableInput::new("other", bytes));
    let sets = [
        OrgTables { units: *input, parents, lineage },
        OrgTables { units, parents: *input, lineage },
        OrgTables { units, parents, lineage: *input },
    ];
    sets.map(|tables| {
        Verdict::new(read_org_tables(&tables), |read| without_lines(&read.org.facts()))
    })
}

pub(crate) const CAMPAIGN_FILES: Reader = Reader {
    name: "campaign files",
    corpus: "campaign_file",
    weight: 2,
    reads_with_each: true,
    read: read_campaign,
};
pub(crate) const DEFINITIONS: Reader = Reader {
    name: "definitions",
    corpus: "definitions",
    weight: 8,
    reads_with_each: true,
    read: read_definitions,
};
pub(crate) const SCORE_PLANS: Reader = Reader {
    name: "scoring plans",
    corpus: "score_plan",
    weight: 20,
    reads_with_each: true,
    read: read_plan,
};

fn with_text(bytes: &[u8], read: impl FnOnce(&str) -> Verdict) -> Vec<Verdict> {
    // What is not UTF-8 is refused before these readers, with a sentence of its own.
    std::str::from_utf8(bytes).map_or_else(|_| Vec::new(), |text| vec![read(text)])
}

fn read_campaign(bytes: &[u8]) -> Vec<Verdict> {
    with_text(bytes, |text| {
        let read = campaign::read_campaign_file("campaign.toml", text);
        Verdict::new(read, |read| {
            let _ = read.check(&HealthWorld::get().catalogue);
            without_lines(&read.campaign)
        })
    })
}

fn read_definitions(bytes: &[u8]) -> Vec<Verdict> {
    with_text(bytes, |text| {
        let read = catalogue::read_catalogue("elements.toml", text);
        Verdict::new(read, |read| {
            let _ = read.check();
            without_lines(&read)
        })
    })
}

fn read_plan(bytes: &[u8]) -> Vec<Verdict> {
    with_text(bytes, |text| {
        Verdict::new(scoring_plan::read_scoring_plan("score.toml", text), |read| {
            without_lines(&read)
        })
    })
}

pub(crate) const DATA_VALUES: Reader = Reader {
    name: "data value sets",
    corpus: "data_values",
    weight: 12,
    reads_with_each: true,
    read: read_data_values,
};

fn read_data_values(bytes: &[u8]) -> Vec<Verdict> {
    let forms = [Dhis2Form::Json, Dhis2Form::Csv, Dhis2Form::Xml, Dhis2Form::Adx];
    forms.into_iter().map(|form| read_set(bytes, form)).collect()
}

fn read_set(bytes: &[u8], form: Dhis2Form) -> Verdict {
    let query = |name: &str| (name == "dataSet").then(|| "thang-tyt".to_owned());
    let options = Dhis2Options::from_query(form, query);
    let register = Register { reference: &HealthWorld::get().reference, covers: &|_| true };
    let unread = |fault: Message| Verdict::Refused(vec![Refusal::Sentence(fault.text(Lang::EN))]);
    let (import, options) = match read_data_value_set((bytes, form), &options, register) {
        Ok(read) => read,
        Err(fault) => return unread(fault),
    };
    if import.faults.is_empty() {
        let reports = import.reports.iter().map(|(report, _)| report).collect::<Vec<_>>();
        return Verdict::Read(format!("{reports:?} {options:?}"));
    }
    let refusals = import.faults.iter().map(|fault| Refusal::Placed {
        code: fault.code.clone(),
        line: fault.indexes.len(),
        text: fault.message.text(Lang::VI),
    });
    Verdict::Refused(refusals.collect())
}
