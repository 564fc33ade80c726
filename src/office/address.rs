//! Addresses of pages: a path and its query, always encoded.

use super::OFFICE_PATH;

/// The address of a page of the office, as in `/office/today?campaign=A`. Empty values are left
/// out.
pub(super) fn page_address(page: &str, query: &[(&str, &str)]) -> String {
    let mut address = format!("{OFFICE_PATH}{page}");
    let given = query.iter().filter(|(_, value)| !value.is_empty());
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if !encoded.is_empty() {
        address.push('?');
        address.push_str(&encoded);
    }
    address
}

/// The page to return to after a sign-in: `asked` if it is a page of the office, else its first. An
/// address that a browser could read as one of another server is none.
pub(super) fn safe_return(asked: &str) -> &str {
    let is_own = asked.starts_with(OFFICE_PATH)
        && !asked.contains("//")
        && asked.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_own { asked } else { OFFICE_PATH }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_add_to_its_address() {
        assert_eq!(
            page_address("today", &[("campaign", "A&unit=b#c"), ("unit", "")]),
            "/office/today?campaign=A%26unit%3Db%23c"
        );
    }

    #[test]
    fn a_person_returns_to_the_office_and_nowhere_else() {
        let own = "/office/today?campaign=A&unit=dist-842";
        assert_eq!(safe_return(own), own);
        for elsewhere in [
            "",
            "https://elsewhere.example/office/",
            "//elsewhere.example/office/",
            "/\\elsewhere.example",
            "/office/\\elsewhere",
            "/office//elsewhere.example",
            "/office/\r\nset-cookie: a=b",
            "/officer",
            "javascript:alert(1)",
        ] {
            assert_eq!(safe_return(elsewhere), OFFICE_PATH, "{elsewhere}");
        }
    }
}
