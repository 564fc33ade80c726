//! The rehearsal as a text that a clerk can read, in Vietnamese and English.
//!
//! Knows words only; every figure comes from the report.

use super::{Closing, EXPOSURE_PERCENT, RehearsalReport, UnitName};
use crate::domain::broken::Grade;
use crate::domain::org::{Fraction, UnitKind};
use jiff::civil::Date;
use std::collections::BTreeMap;

impl RehearsalReport {
    /// The whole report; in Vietnamese if `vi`, else in English.
    #[must_use]
    pub fn text(&self, vi: bool) -> String {
        let mut page = Page { vi, text: String::new(), sections: 0 };
        self.heading(&mut page);
        self.units(&mut page);
        self.successions(&mut page);
        self.going_on(&mut page);
        self.work(&mut page);
        self.figures(&mut page);
        self.conclusion(&mut page);
        page.text
    }

    fn heading(&self, page: &mut Page) {
        let days = self.days.iter().map(|day| page.day(*day)).collect::<Vec<_>>().join(", ");
        let legal = if self.legal.is_empty() { String::new() } else { format!(" ({})", self.legal.join("; ")) };
        page.line(
            &format!("DIỄN TẬP THAY ĐỔI TỔ CHỨC, hiệu lực {days}{legal}"),
            &format!("REHEARSAL OF ORGANISATION CHANGES, effective {days}{legal}"),
        );
        page.line("Chưa có gì được thay đổi.", "Nothing has been changed.");
    }

    fn units(&self, page: &mut Page) {
        if self.counts.is_empty() {
            return;
        }
        page.section("Số đơn vị trước và sau", "Units before and after");
        for (kind, before, after) in &self.counts {
            let name = page.kind(*kind);
            page.item(&format!("{name}: {before} → {after}"));
        }
    }

    /// Mergers under the name of the successor, then splits, then units that nobody follows.
    fn successions(&self, page: &mut Page) {
        if self.closes.is_empty() && self.opens.is_empty() {
            return;
        }
        page.section("Sáp nhập, chia tách, giải thể, thành lập", "Mergers, splits, dissolutions, new units");
        let mut merged: BTreeMap<&UnitName, Vec<&str>> = BTreeMap::new();
        for closing in &self.closes {
            match closing.heirs.as_slice() {
                [] => page.item_both(&format!("{} giải thể", closing.unit), &format!("{} is dissolved", closing.unit)),
                [(heir, weight)] if *weight == Fraction::ONE => merged.entry(heir).or_default().push(&closing.unit),
                heirs => {
                    let parts: Vec<String> = heirs.iter().map(|(heir, weight)| format!("{weight} {heir}")).collect();
                    page.item(&format!("{} → {}", closing.unit, parts.join(" + ")));
                }
            }
        }
        for (heir, from) in &merged {
            page.item(&format!("{heir} ← {}", from.join(" + ")));
        }
        let heirs = |closing: &Closing| closing.heirs.iter().map(|(heir, _)| heir.clone()).collect::<Vec<_>>();
        let followed: Vec<UnitName> = self.closes.iter().flat_map(heirs).collect();
        for unit in self.opens.iter().filter(|unit| !followed.contains(unit)) {
            page.item_both(&format!("{unit} thành lập mới"), &format!("{unit} is new"));
        }
    }

    fn going_on(&self, page: &mut Page) {
        if !self.moved.is_empty() {
            page.section("Đổi cấp trên chỉ huy", "Under another parent");
        }
        let nobody = "—".to_owned();
        let mut ways: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for moved in &self.moved {
            let way = (moved.from.as_ref().unwrap_or(&nobody).as_str(), moved.to.as_ref().unwrap_or(&nobody).as_str());
            ways.entry(way).or_default().push(&moved.unit);
        }
        for ((from, to), units) in ways {
            let (count, units) = (units.len(), units.join(", "));
            page.item_both(
                &format!("{from} → {to}, {count} đơn vị: {units}"),
                &format!("{from} → {to}, {count} units: {units}"),
            );
        }
        if !self.renamed.is_empty() {
            page.section("Đổi tên", "Renamed");
            self.renamed.iter().for_each(|(old, new)| page.item(&format!("{old} → {new}")));
        }
    }

    /// Devices and open reports of closing units, and expectations.
    fn work(&self, page: &mut Page) {
        let busy: Vec<&Closing> = self.closes.iter().filter(|c| c.devices + c.open_reports > 0).collect();
        if !busy.is_empty() {
            page.section("Thiết bị và báo cáo đang mở", "Devices and open reports");
        }
        for Closing { unit, acts, devices, open_reports, .. } in busy {
            let acts = acts.as_deref().unwrap_or("—");
            page.item_both(
                &format!("{unit}: {devices} thiết bị đồng bộ lần cuối rồi gắn lại; {open_reports} báo cáo đang mở, ký thay: {acts}"),
                &format!("{unit}: {devices} devices sync once more, then bind anew; {open_reports} open reports, signed by {acts}"),
            );
        }
        if let (Some(window), false) = (self.window, self.expected.is_empty()) {
            let (from, to) = (page.day(window.start), page.day(window.last_day()));
            page.section(
                &format!("Báo cáo phải nộp từ {from} đến hết {to}"),
                &format!("Reports owed from {from} to {to}"),
            );
        }
        for expected in &self.expected {
            let (code, before, after, pieces) =
                (&expected.contract, expected.before, expected.after, expected.more_pieces);
            page.item_both(
                &format!("{code}: {before} → {after}, thêm {pieces} kỳ bị cắt tại ngày thay đổi"),
                &format!("{code}: {before} → {after}, {pieces} more pieces of periods cut at the changes"),
            );
        }
    }

    fn figures(&self, page: &mut Page) {
        if !self.rebased.is_empty() {
            page.section("Số gốc so sánh", "Baselines");
        }
        for rebased in &self.rebased {
            let (element, (before, after), exact, derived) =
                (&rebased.element, rebased.sums, rebased.exact, rebased.derived);
            page.item_both(
                &format!("{element}: tổng {before} → {after}; {exact} đơn vị cộng nguyên, {derived} đơn vị suy ra theo tỷ trọng"),
                &format!("{element}: sum {before} → {after}; {exact} units exact, {derived} derived by weights"),
            );
        }
        self.standings(page);
        if !self.straddling.is_empty() {
            page.section(
                "Không so sánh được với tổ chức lúc bắt đầu",
                "Not comparable with the structure at the start",
            );
        }
        for (level, units) in &self.straddling {
            let (kind, units) = (page.kind(*level), units.join(", "));
            page.item_both(
                &format!("nằm trên nhiều đơn vị cũ, {kind}: {units}"),
                &format!("made of parts of several old units, {kind}: {units}"),
            );
        }
    }

    fn standings(&self, page: &mut Page) {
        let (closed, short) = (self.closes.len(), self.unranked.len());
        if closed + short > 0 {
            page.section("Kết quả thi đua", "Standings");
        }
        if closed > 0 {
            page.item_both(
                &format!("{closed} đơn vị kết thúc: kết quả được chốt và xác nhận, không xếp loại về sau"),
                &format!("{closed} units close: their results are frozen and certified, no ranks afterwards"),
            );
        }
        if short > 0 {
            page.item_both(
                &format!("{short} đơn vị mới tồn tại dưới {EXPOSURE_PERCENT} % thời gian phong trào: không xếp loại"),
                &format!("{short} new units exist for less than {EXPOSURE_PERCENT} % of the campaign: not ranked"),
            );
        }
    }

    fn conclusion(&self, page: &mut Page) {
        page.section("Kết luận", "Conclusion");
        let refused = self.findings.iter().filter(|finding| finding.grade == Grade::Refuses).count();
        if refused == 0 {
            page.item_both("KHỚP: có thể cho hiệu lực", "RECONCILES: the changes can be made effective");
        } else {
            page.item_both(
                &format!("KHÔNG KHỚP: {refused} điểm phải sửa trước khi cho hiệu lực"),
                &format!("DOES NOT RECONCILE: {refused} points to mend before the changes are made effective"),
            );
        }
        for finding in &self.findings {
            let (code, at) = (finding.code, &finding.at);
            page.item_both(&format!("{code} {at}: {}", finding.vi), &format!("{code} {at}: {}", finding.en));
        }
    }
}

struct Page {
    vi: bool,
    text: String,
    sections: usize,
}

impl Page {
    fn line(&mut self, vi: &str, en: &str) {
        self.text.push_str(if self.vi { vi } else { en });
        self.text.push('\n');
    }

    fn section(&mut self, vi: &str, en: &str) {
        self.sections += 1;
        self.text.push_str(&format!("\n{}. ", self.sections));
        self.line(vi, en);
    }

    fn item(&mut self, text: &str) {
        self.item_both(text, text);
    }

    fn item_both(&mut self, vi: &str, en: &str) {
        self.text.push_str("   - ");
        self.line(vi, en);
    }

    fn day(&self, day: Date) -> String {
        if self.vi { format!("{}/{}/{}", day.day(), day.month(), day.year()) } else { day.to_string() }
    }

    fn kind(&self, kind: UnitKind) -> &'static str {
        match (kind, self.vi) {
            (UnitKind::Province, true) => "cấp tỉnh",
            (UnitKind::District, true) => "cấp huyện",
            (UnitKind::Commune, true) => "cấp xã",
            (UnitKind::Department, true) => "phòng",
            (UnitKind::Cluster, true) => "cụm thi đua",
            (UnitKind::Province, false) => "provinces",
            (UnitKind::District, false) => "districts",
            (UnitKind::Commune, false) => "communes",
            (UnitKind::Department, false) => "departments",
            (UnitKind::Cluster, false) => "clusters",
        }
    }
}
