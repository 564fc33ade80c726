//! The rules of the contract that `buf lint` cannot check: exact numbers, no personal data, no
//! figure beside a person. Each rule takes the files and returns its complaints.

use std::collections::BTreeSet;

use prost_types::field_descriptor_proto::Type;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

/// Words (between underscores) that would name a citizen's data. No field may hold such data.
const PERSONAL: &[&str] = &[
    "fullname",
    "firstname",
    "lastname",
    "surname",
    "nickname",
    "phone",
    "mobile",
    "tel",
    "email",
    "address",
    "addresses",
    "street",
    "plate",
    "passport",
    "cccd",
    "cmnd",
    "birth",
    "birthday",
    "birthdate",
    "dob",
    "age",
    "gender",
    "sex",
    "ethnicity",
    "ethnic",
    "religion",
    "nationality",
    "face",
    "photo",
    "portrait",
    "fingerprint",
    "biometric",
    "lat",
    "latitude",
    "lon",
    "lng",
    "longitude",
    "gps",
    "location",
    "coordinates",
    "geo",
    "ip",
    "imei",
    "citizen",
    "person",
    "suspect",
    "victim",
    "offender",
    "witness",
    "household",
];

/// Pairs of adjacent words that name a citizen's data only together.
const PERSONAL_PAIRS: &[(&str, &str)] = &[
    ("full", "name"),
    ("first", "name"),
    ("last", "name"),
    ("given", "name"),
    ("family", "name"),
    ("id", "number"),
    ("identity", "number"),
    ("national", "id"),
    ("citizen", "id"),
    ("license", "plate"),
    ("device", "model"),
];

/// Fields that only look like personal data, each with the reason.
const NOT_PERSONAL: &[(&str, &str)] =
    &[("server_addresses", "where the authority's own servers listen")];

/// Words that name an official or an official's device or account.
const OFFICIAL: &[&str] =
    &["account", "device", "user", "author", "officer", "reporter", "reviewer", "holder"];

/// Messages that are figures, and words that name a judgement.
const FIGURES: &[&str] = &["Cell", "CellValue", "CellChange", "Quantity", "Fraction"];
const JUDGEMENTS: &[&str] = &[
    "score",
    "scores",
    "rank",
    "ranking",
    "finding",
    "findings",
    "standing",
    "standings",
    "judgement",
];

/// Messages that may hold both, each with the reason.
const FIGURES_BESIDE_OFFICIALS_ALLOWED: &[(&str, &str)] = &[];

/// A message with its full name inside the package: `Outer.Inner`.
pub(crate) struct ContractMessage<'f> {
    pub(crate) file: &'f str,
    pub(crate) name: String,
    pub(crate) body: &'f DescriptorProto,
}

pub(crate) fn messages(files: &[FileDescriptorProto]) -> Vec<ContractMessage<'_>> {
    fn collect_nested<'f>(
        file: &'f str,
        prefix: &str,
        list: &'f [DescriptorProto],
        out: &mut Vec<ContractMessage<'f>>,
    ) {
        for body in list {
            let name = format!("{prefix}{}", body.name());
            collect_nested(file, &format!("{name}."), &body.nested_type, out);
            out.push(ContractMessage { file, name, body });
        }
    }
    let mut out = Vec::new();
    for file in files {
        collect_nested(file.name(), "", &file.message_type, &mut out);
    }
    out
}

fn enums(files: &[FileDescriptorProto]) -> Vec<(&str, &EnumDescriptorProto)> {
    let top = files.iter().flat_map(|f| f.enum_type.iter().map(|e| (f.name(), e)));
    let nested =
        messages(files).into_iter().flat_map(|m| m.body.enum_type.iter().map(move |e| (m.file, e)));
    top.chain(nested).collect()
}

fn visit_fields(
    files: &[FileDescriptorProto],
    complain: impl Fn(&FieldDescriptorProto) -> Option<String>,
) -> Vec<String> {
    let mut out = Vec::new();
    for message in messages(files) {
        for field in &message.body.field {
            let complaint = complain(field);
            out.extend(
                complaint
                    .map(|c| format!("{}: {}.{}: {c}", message.file, message.name, field.name())),
            );
        }
    }
    out
}

/// A request and a response belong to one rpc, so that each can change without the others.
pub(crate) fn find_shared_requests(files: &[FileDescriptorProto]) -> Vec<String> {
    let mut out = Vec::new();
    for file in files {
        for method in file.service.iter().flat_map(|s| &s.method) {
            for (found, ending) in
                [(method.input_type(), "Request"), (method.output_type(), "Response")]
            {
                let expected = format!(".{}.{}{ending}", file.package(), method.name());
                let in_file =
                    file.message_type.iter().any(|m| expected.ends_with(&format!(".{}", m.name())));
                if found != expected || !in_file {
                    out.push(format!(
                        "{}: rpc {}: should use {expected} of this file",
                        file.name(),
                        method.name()
                    ));
                }
            }
        }
    }
    out
}

pub(crate) fn find_floats(files: &[FileDescriptorProto]) -> Vec<String> {
    visit_fields(files, |field| {
        let float = matches!(field.r#type(), Type::Double | Type::Float);
        float
            .then(|| "people are judged by numbers: use Quantity, never double or float".to_owned())
    })
}

pub(crate) fn find_personal_data(files: &[FileDescriptorProto]) -> Vec<String> {
    visit_fields(files, |field| {
        if NOT_PERSONAL.iter().any(|(name, _)| *name == field.name()) {
            return None;
        }
        let words: Vec<&str> = field.name().split('_').collect();
        let word = words.iter().find(|w| PERSONAL.contains(w));
        let pair = words.windows(2).find(|w| PERSONAL_PAIRS.contains(&(w[0], w[1])));
        (word.is_some() || pair.is_some())
            .then(|| "could hold a citizen's personal data".to_owned())
    })
}

/// Ids are 16 bytes on the wire.
pub(crate) fn find_text_ids(files: &[FileDescriptorProto]) -> Vec<String> {
    visit_fields(files, |field| {
        let id = field.name().ends_with("_id") || field.name().ends_with("_ids");
        (id && field.r#type() != Type::Bytes).then(|| "an id is bytes".to_owned())
    })
}

fn has_word(field: &FieldDescriptorProto, words: &[&str]) -> bool {
    field.name().split('_').any(|word| words.contains(&word))
}

/// The names of all messages that hold a figure or a judgement, directly or through their members.
fn messages_with_figures(all: &[ContractMessage<'_>]) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = FIGURES.iter().map(|f| (*f).to_owned()).collect();
    loop {
        let judged = |f: &FieldDescriptorProto| {
            has_word(f, JUDGEMENTS)
                || found.iter().any(|name| f.type_name().ends_with(&format!(".{name}")))
        };
        let more: Vec<String> = all
            .iter()
            .filter(|m| m.body.field.iter().any(judged))
            .map(|m| m.name.clone())
            .collect();
        let before = found.len();
        found.extend(more);
        if found.len() == before {
            return found;
        }
    }
}

/// No message joins an official with a figure, so that officials cannot be scored.
pub(crate) fn find_figures_beside_officials(files: &[FileDescriptorProto]) -> Vec<String> {
    let all = messages(files);
    let figures = messages_with_figures(&all);
    let suspects = all.iter().filter(|m| figures.contains(&m.name));
    let allowed = |m: &&ContractMessage<'_>| {
        !FIGURES_BESIDE_OFFICIALS_ALLOWED.iter().any(|(name, _)| *name == m.name)
    };
    let mut out = Vec::new();
    for message in suspects.filter(allowed) {
        if let Some(field) = message.body.field.iter().find(|f| has_word(f, OFFICIAL)) {
            let names = format!("{}: {}.{}", message.file, message.name, field.name());
            out.push(format!(
                "{names}: joins an official with a figure, verdict, score or finding"
            ));
        }
    }
    out
}

pub(crate) fn find_bad_zero_values(files: &[FileDescriptorProto]) -> Vec<String> {
    let wrong = enums(files).into_iter().filter(|(_, e)| {
        let zero = e.value.first();
        !zero.is_some_and(|v| {
            v.number() == 0 && v.name() == format!("{}_UNSPECIFIED", to_screaming_snake(e.name()))
        })
    });
    wrong
        .map(|(file, e)| format!("{file}: enum {}: value 0 should be ..._UNSPECIFIED", e.name()))
        .collect()
}

fn to_screaming_snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// Lists without pages, each with the reason.
const UNPAGED_LISTS: &[(&str, &str)] = &[("ListJobs", "a handful, fixed in the programme")];

/// Lists have pages, updates have a mask.
pub(crate) fn find_missing_pages_and_masks(files: &[FileDescriptorProto]) -> Vec<String> {
    let mut out = Vec::new();
    for message in messages(files) {
        let has = |name: &str| message.body.field.iter().any(|f| f.name() == name);
        let unpaged = UNPAGED_LISTS
            .iter()
            .any(|(list, _)| message.name.strip_prefix(list).is_some_and(|n| n.starts_with("Re")));
        let list = message.name.starts_with("List") && !unpaged;
        let missing = match message.name.as_str() {
            n if list && n.ends_with("Request") => {
                ["page_size", "page_token"].into_iter().find(|f| !has(f))
            }
            n if list && n.ends_with("Response") => {
                ["next_page_token"].into_iter().find(|f| !has(f))
            }
            n if n.starts_with("Update") && n.ends_with("Request") => {
                ["update_mask"].into_iter().find(|f| !has(f))
            }
            _ => None,
        };
        out.extend(
            missing.map(|field| format!("{}: {} has no {field}", message.file, message.name)),
        );
    }
    out
}

/// Rpcs, by their first words, that need no request id, each with the reason.
const WITHOUT_REQUEST_ID: &[(&str, &str)] = &[
    ("Get", "reads"),
    ("List", "reads"),
    ("Follow", "reads"),
    ("SetPassword", "its code serves once"),
    ("BeginSecondFactor", "stores nothing"),
    ("ConfirmSecondFactor", "its code serves once"),
    ("SignIn", "each call begins a session of its own"),
    ("ExtendSession", "the token before ends, as in a renewal"),
    ("Verify", "reads"),
    ("Diff", "reads"),
    ("Rehearse", "judges, stores nothing"),
    ("Evaluate", "computes, stores nothing"),
    ("Sync", "its commands carry numbers of their own"),
    ("Enrol", "the code is good for once"),
    ("BeginRenewal", "a second nonce is as good as the first"),
    ("RenewToken", "the nonce is good for once"),
];

/// A write that is sent twice must have its effect once.
pub(crate) fn find_writes_without_request_id(files: &[FileDescriptorProto]) -> Vec<String> {
    let rpcs = files.iter().flat_map(|f| &f.service).flat_map(|s| &s.method);
    let writes =
        rpcs.filter(|m| !WITHOUT_REQUEST_ID.iter().any(|(word, _)| m.name().starts_with(word)));
    let all = messages(files);
    let without = writes.filter(|method| {
        let request = all.iter().find(|m| method.input_type().ends_with(&format!(".{}", m.name)));
        !request.is_some_and(|m| m.body.field.iter().any(|f| f.name() == "request_id"))
    });
    without.map(|method| format!("rpc {}: its request has no request_id", method.name())).collect()
}
