//! Prints the demo's measured figures, in one language.
//!
//! Must not rank units or call a target met before its window is over. Figures that a phone does
//! not hold are left out.

use super::DemoError;
use super::authority::{DemoStep, units_below_owner};
use super::check::DemoCheck;
use super::generator::Province;
use super::morning_page::MorningPage;
use super::server::DemoServer;
use super::simulation::{Simulation, SimulationEvent};
use super::target_table;
use crate::app::morning_report::MorningReport;
use crate::cli::terminal_qr::terminal_qr;
use crate::client::facade::SyncSummary;
use crate::domain::campaign::Campaign;
use crate::domain::org::UnitKind;
use crate::domain::report::element::CountingLevel;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::{Coverage, Standing, StandingRun};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, message};
use crate::i18n::Lang;
use jiff::ToSpan;
use jiff::civil::Date;
use std::path::Path;
use std::time::{Duration, Instant};

/// Prints the steps of the demo with their durations.
pub(super) struct Screen<'a> {
    lang: Lang,
    province: &'a Province,
    steps: u8,
    started_at: Instant,
    step_started_at: Instant,
}

impl<'a> Screen<'a> {
    pub(super) fn new(lang: Lang, province: &'a Province, steps: u8) -> Self {
        let now = Instant::now();
        Self { lang, province, steps, started_at: now, step_started_at: now }
    }

    /// The last day of the last step.
    pub(super) fn last_judged_day(&self) -> Date {
        self.province.simulated_end(self.steps).saturating_sub(1.day())
    }

    /// `20 weeks`, `7 months`.
    fn time_lived(&self) -> Message {
        let steps = self.steps;
        match self.province.plan.step {
            DemoStep::Week => message!("screen-so-many-weeks", steps),
            DemoStep::Month => message!("screen-so-many-months", steps),
        }
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    fn take_elapsed(&mut self) -> Duration {
        let took = self.step_started_at.elapsed();
        self.step_started_at = Instant::now();
        took
    }

    fn print_step(&mut self, no: u8, name: &str, text: &str) {
        let took = self.take_elapsed().as_secs_f64();
        let name = self.lang.text(name);
        println!(" {no} {name:<8} {text:<74} {took:5.1} s");
    }

    pub(super) fn print_heading(&self, phones: usize) {
        let seed = self.province.seed;
        println!(
            "thidua {} | {}: {} | seed {seed}",
            env!("CARGO_PKG_VERSION"),
            self.lang.text("screen-synthetic"),
            self.lang.text(if self.has_districts() {
                "screen-real-units-invented-figures"
            } else {
                "screen-everything-invented"
            })
        );
        let text =
            self.lang.say(message!("screen-one-province", time => self.time_lived(), phones));
        println!("{text}");
        if self.has_districts() {
            println!("{}", self.lang.text("screen-our-assumption-published-text"));
        }
        println!();
    }

    fn has_districts(&self) -> bool {
        !self.province.districts.is_empty()
    }

    pub(super) fn print_server(&mut self, address: &str, database: &str) {
        self.print_step(1, "screen-server-2", &format!("{address}  TLS 1.3   {database}"));
    }

    pub(super) fn print_import(&mut self, rows: usize) {
        let province = self.province;
        let count = |kind| province.org.units_of_kind_on(kind, province.simulated_end(0)).count();
        let (communes, districts) = (count(UnitKind::Commune), count(UnitKind::District));
        let departments = count(UnitKind::Department);
        let text = self.lang.say(if self.has_districts() {
            message!(
                "screen-communes-districts-departments-rows",
                communes,
                districts,
                departments,
                rows
            )
        } else {
            message!("screen-units-rows", units = communes, rows)
        });
        self.print_step(2, "screen-import", &text);
        for campaign in province.campaigns() {
            println!("            {}", self.campaign_text(campaign));
        }
    }

    fn campaign_text(&self, campaign: &Campaign) -> String {
        let star = if campaign.phases.iter().any(|phase| phase.assumed) { "*" } else { "" };
        let (code, phases) = (&campaign.code, campaign.phases.len());
        let (targets, work) = (campaign.targets.len(), campaign.activities.len());
        let what = match (targets, work) {
            (0, work) => self.lang.say(message!("screen-lines-work", work)),
            (targets, _) => self.lang.say(message!("screen-targets", targets)),
        };
        self.lang.say(message!("screen-campaign-phases", code, phases, star, what))
    }

    pub(super) fn print_enrolment(&mut self, phones: usize) {
        let seconds = self.province.plan.habits.concurrent_edits.len();
        let text = self.lang.say(message!("screen-phones-communes-have-two", phones, seconds));
        self.print_step(3, "screen-enrol", &text);
    }

    pub(super) fn print_simulation(&mut self, simulation: &Simulation<'_>) {
        let first = self.province.simulated_end(0);
        let end = self.province.simulated_end(self.steps);
        let time = self.time_lived();
        let text = self.lang.say(message!("screen-lived-from-until", time => time, first, end));
        self.print_step(4, "screen-live", &text);
        for event in &simulation.events {
            println!("            {}", event_text(*event, self.province.plan.step, self.lang));
        }
    }

    pub(super) fn print_nightly_run(&mut self, simulation: &Simulation<'_>, runs: &[StandingRun]) {
        let nights = simulation.nightly_summaries.len();
        let last = runs.iter().max_by_key(|run| run.cut_at).map_or_else(String::new, |run| {
            let at = run.cut_at.local_text();
            self.lang.say(message!(
                "screen-last-run-cut",
                number = format!("{:04}", run.number),
                cut_seq = run.cut_seq,
                at
            ))
        });
        let text = self.lang.say(message!("screen-nights", nights, last));
        self.print_step(5, "screen-night", &text);
    }

    pub(super) fn print_campaign(&self, standings: &[Standing]) {
        let campaign = &self.province.campaign;
        println!(
            "\n{}",
            self.lang.say(message!("screen-campaign-province-view-as", code = campaign.code))
        );
        let last = self.last_judged_day();
        let today = self.province.simulated_end(self.steps);
        let judged = self.window_text(campaign, 0, campaign.measurement_window, today);
        let calendar = campaign.phase_on(last).map_or_else(String::new, |phase| {
            let name = self.phase_name(campaign, phase.no);
            self.lang.say(message!("screen-lies", last, name))
        });
        println!(" {}: {judged}{calendar}.", self.lang.text("screen-judged-here"));
        let owner = campaign.owner_id();
        let texts = (self.lang, &self.province.catalogue);
        for line in target_table::target_lines(campaign, standings, owner, texts) {
            println!("{line}");
        }
        println!(" {}", self.lang.text("screen-nothing-called-met-before"));
    }

    /// The name of a phase, with a star where its days are assumed; phase 0 is the whole campaign.
    fn phase_name(&self, campaign: &Campaign, number: u8) -> String {
        match campaign.phases.iter().find(|phase| phase.no == number) {
            Some(phase) => {
                let star = if phase.assumed { "*" } else { "" };
                format!("{}{star}", self.lang.pick(&phase.name_vi, &phase.name_en))
            }
            None => self.lang.text("screen-whole-campaign").to_owned(),
        }
    }

    /// A judged phase with its days, and whether they are over on `today`.
    fn window_text(
        &self,
        campaign: &Campaign,
        phase: u8,
        window: DateWindow,
        today: Date,
    ) -> String {
        let name = self.phase_name(campaign, phase);
        let (first, last) = (window.start, window.last_day());
        let state = if today < window.end {
            self.lang.text("screen-still-running")
        } else {
            self.lang.text("screen-over")
        };
        format!("{name}, {first} – {last}, {state}")
    }

    pub(super) fn print_reports(&self, simulation: &Simulation<'_>, standings: &[Standing]) {
        let Some(contract) = simulation
            .province
            .catalogue
            .contracts
            .iter()
            .find(|one| one.levels.first == CountingLevel::Commune)
        else {
            return;
        };
        let count = simulation
            .ledger_at_last_night
            .as_ref()
            .unwrap_or(&simulation.ledger)
            .count_sheets(&contract.code);
        let owner = simulation.province.campaign.owner_id();
        let first = standings.iter().find(|one| {
            one.unit == owner && one.judgement.code == simulation.province.plan.headline_target
        });
        let Coverage { expected, received, nil, late, accepted, missing, waived: _ } =
            first.map(|one| one.coverage).unwrap_or_default();
        let share = format!("{:.1}", f64::from(received) * 100.0 / f64::from(expected.max(1)));
        let share = self.lang.pick(share.replace('.', ","), share);
        println!("\n{}  {}", self.lang.text("screen-reports"), contract.code);
        println!(
            "{}",
            self.lang.say(message!(
                "screen-expected-received-these-nil",
                expected,
                received,
                share,
                nil,
                late,
                missing
            ))
        );
        println!(
            "{}",
            self.lang.say(message!(
                "screen-accepted-waiting-review-returned",
                accepted,
                waiting = count.waiting,
                returned = count.returned
            ))
        );
    }

    /// The course of the headline target at the units below the owner, in code order.
    pub(super) fn print_units_below(
        &self,
        simulation: &Simulation<'_>,
        full: bool,
    ) -> Result<(), DemoError> {
        let (province, app) = (self.province, &simulation.server.app);
        let standings = app.visible_standings(&app.system_actor()?, province.campaign.id())?;
        println!("\n{}", self.units_below_heading());
        let day = self.last_judged_day();
        let units = units_below_owner(&province.org, &province.campaign, day);
        let headline = |unit: UnitId| {
            let at_unit = |one: &&Standing| {
                (one.unit, one.phase) == (unit, 0)
                    && one.judgement.code == province.plan.headline_target
            };
            standings.iter().find(at_unit)
        };
        let judged: Vec<_> =
            units.iter().filter_map(|unit| Some((unit, headline(unit.id)?))).collect();
        let presented = if full { judged.len() } else { 4 };
        let mut usual = 0;
        for (at, (unit, standing)) in judged.iter().enumerate() {
            let change = target_table::compare_with_chance(&standing.judgement, self.lang);
            usual += usize::from(change.is_usual_variation);
            if at < presented {
                let name = unit.nearest_name(day);
                let Coverage { expected, received, .. } = standing.coverage;
                let reports = format!("{received}/{expected}");
                let code = unit.uid.rsplit_once('-').map_or(unit.uid.as_str(), |(_, code)| code);
                println!(
                    " {code:<5} {name:<28} {reports:>8} {:>18}   {}",
                    change.counts, change.text
                );
            }
        }
        if judged.len() > presented {
            println!(
                " ... {}",
                self.lang.say(message!("screen-more-full", presented = judged.len() - presented))
            );
        }
        if usual == judged.len() {
            println!(" {}", self.lang.text("screen-no-unit-can-told"));
        }
        Ok(())
    }

    fn units_below_heading(&self) -> String {
        let plan = self.province.plan;
        let element = headline_name(self.province, self.lang);
        let units = self.lang.text(if self.has_districts() {
            "screen-the-districts"
        } else {
            "screen-the-units"
        });
        let target = plan.headline_target;
        self.lang.say(message!("screen-units-code-order-not", units, target, element))
    }

    pub(super) fn print_phones(&self, simulation: &Simulation<'_>) {
        let syncs: Vec<&SyncSummary> =
            simulation.people.iter().flat_map(|person| &person.sync_summaries).collect();
        let lost: u64 = simulation.people.iter().map(|person| person.lost_responses).sum();
        let again: u64 = simulation.people.iter().map(|person| person.resent_commands).sum();
        let single = syncs.iter().filter(|sync| sync.calls == 1).count();
        let whole = |one: &SyncSummary| one.bytes_sent + one.bytes_received;
        let open = |one: &SyncSummary| one.connections == 0 && one.calls == 1;
        let quiet = |one: &SyncSummary| open(one) && one.sent == 0 && one.rows == 0;
        // Tokens are valid for 15 minutes and people sync hours apart, so each sync renews one; its
        // cost is printed separately.
        let bare = |one: &SyncSummary| whole(one) - one.bytes_for_renewal;
        let nothing = median(syncs.iter().filter(|one| quiet(one)).map(|one| bare(one)));
        let report =
            median(syncs.iter().filter(|one| open(one) && one.sent == 2).map(|one| bare(one)));
        let token =
            median(syncs.iter().map(|one| one.bytes_for_renewal).filter(|bytes| *bytes > 0));
        let first = median(
            simulation.people.iter().filter_map(|person| person.sync_summaries.first()).map(whole),
        );
        println!(
            "\n{}  {}",
            self.lang.text("screen-phones"),
            self.lang.say(message!("screen-syncs-them-one-call", syncs = syncs.len(), single))
        );
        if let (Some(nothing), Some(report), Some(first), Some(token)) =
            (nothing, report, first, token)
        {
            println!(
                " {}",
                self.lang.say(message!("screen-nothing-new-b-one", nothing, report, first, token))
            );
        }
        println!(
            " {}",
            self.lang.say(message!("screen-answers-lost-purpose-commands", lost, again))
        );
        let [merged, conflicts] = simulation.concurrent_edits;
        println!(
            " {}",
            self.lang.say(message!("screen-reports-edited-two-phones", merged, conflicts))
        );
    }

    pub(super) fn print_morning_page(&self, page: &MorningPage) {
        let MorningReport { campaign, phase, window, today, .. } = &page.report;
        println!("\n{}  {}", self.lang.text("screen-morning-page"), page.file.display());
        println!(
            " {}: {}.",
            self.lang.text("screen-judged-there"),
            self.window_text(campaign, *phase, *window, *today)
        );
    }

    /// `kept`: the data directory of a demo that stays.
    pub(super) fn print_checks(&self, findings: &[DemoCheck], kept: Option<&Path>) {
        println!();
        for (at, finding) in findings.iter().enumerate() {
            let head = if at == 0 { self.lang.text("screen-checked") } else { "" };
            println!("{head:<8} {}  {}", if finding.is_ok { "ok" } else { "!!" }, finding.text);
        }
        println!("         --  {}\n", self.lang.text("screen-not-shown-here-power"));
        println!(
            "{}         {:.0} s",
            self.lang.text("screen-look-further-thidua-demo"),
            self.started_at.elapsed().as_secs_f64()
        );
        if let Some(dir) = kept {
            let dir = dir.display();
            println!(
                "{}",
                self.lang.say(message!(
                    "screen-look-behind-a-number",
                    dir,
                    campaign = self.province.campaign.code,
                    target = self.province.plan.drilldown_target
                ))
            );
        }
    }
}

/// The upper median.
fn median(of: impl Iterator<Item = u64>) -> Option<u64> {
    let mut all: Vec<u64> = of.collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

/// The name of the element of the headline target.
pub(super) fn headline_name(province: &Province, lang: Lang) -> String {
    let code = province.plan.headline_element;
    let elements = &province.catalogue.elements;
    let element = elements.iter().find(|element| element.code.as_str() == code);
    element.map_or_else(|| code.to_owned(), |one| lang.pick(&one.name_vi, &one.name_en).clone())
}

fn event_text(event: SimulationEvent, lived: DemoStep, lang: Lang) -> String {
    match event {
        SimulationEvent::PhonesBackOnline { step, phones } => {
            let time = step_message(lived, step);
            lang.say(message!("screen-phones-back-after", time => time, phones))
        }
        SimulationEvent::StocksHandedOver { day, lines } => {
            lang.say(message!("screen-stocks-handed-over", day, lines))
        }
        SimulationEvent::CommunesMerged { day, communes: [before, after], accounts } => {
            lang.say(message!("screen-merger-communes-grants-moved", day, before, after, accounts))
        }
    }
}

/// `week 9`, `month 3`.
fn step_message(lived: DemoStep, step: u8) -> Message {
    match lived {
        DemoStep::Week => message!("screen-week", step),
        DemoStep::Month => message!("screen-month", step),
    }
}

/// Prints how to connect.
pub(super) fn print_connection_info(
    lang: Lang,
    server: &DemoServer,
    commune: (&str, &str),
    reviewer: (&str, &str),
    partner: &str,
) {
    println!("\n{}  {}", lang.text("screen-server"), server.address);
    println!(" CA          {}", server.tls.ca.display());
    let app = format!("{}/app/#{}", server.address, commune.1);
    println!(" {}\n   {app}", lang.text("screen-field-app"));
    if let Some(picture) = terminal_qr(&app) {
        println!("\n{picture}");
    }
    println!("   {}", lang.say(message!("serve-field-app-ca", ca = server.tls.ca.display())));
    println!(" {} {}\n   {}", lang.text("screen-code-commune"), commune.0, commune.1);
    println!(" {} {}\n   {}", lang.text("screen-code-reviewer"), reviewer.0, reviewer.1);
    println!(" {}\n   {partner}", lang.text("screen-key-partner-agency"));
}

/// Prints that a step has passed.
pub(super) fn print_tick(lang: Lang, simulation: &Simulation<'_>, step: u8) {
    let day = simulation.province.simulated_end(step);
    let time = step_message(simulation.province.plan.step, step);
    println!(" {}: {day}", lang.say(time));
}
