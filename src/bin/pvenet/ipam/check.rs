//! `pvenet ipam check`: what is wrong with the IPAM, and mending it.

use super::files::{CACHE, DATABASE, Files, Texts};
use crate::failure::Failure;
use crate::page::{self, Paint, Tone, count};
use crate::report::{Format, Report};
use clap::Args;
use pve_network_rs::ipam::check::{self, Document, Finding, Kind, Repair, repair};
use serde_json::json;

/// Finds what is wrong with the addresses, and mends what can be mended
///
/// Reports addresses outside their subnet, an address or a MAC address that is there twice, entries
/// of zones, subnets, vnets and guests that do not exist, or of zones with another IPAM, gateways
/// that are missing, stale or in use by a guest, DHCP ranges that overlap, are none or used up,
/// cached addresses that differ from the database, and files of more than 80 % of the size that the
/// cluster can hold. Exits with 1 if anything is found.
///
/// With --repair it mends what needs no guess: records of such zones and subnets are removed if there
/// is no guest in them; subnets and gateways that are missing are added; stale gateways and wrong
/// cached addresses are removed; addresses get the spelling by which PVE finds them. The rest is only
/// reported: which of two guests an address belongs to is for you to say. As long as a config file
/// has faults, nothing is mended.
///
/// The files are changed under the locks of the cluster and replaced as a whole.
#[derive(Args)]
pub(super) struct Check {
    /// Mend what needs no guess
    #[arg(long, requires = "consent")]
    repair: bool,
    /// Only say what --repair would do
    #[arg(long, group = "consent", requires = "repair")]
    dry_run: bool,
    /// Let --repair write the files
    #[arg(long, group = "consent", requires = "repair")]
    yes: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was found, and the repairs that were made.
struct Outcome {
    findings: Vec<Finding>,
    is_mended: bool,
}

impl Check {
    /// Runs it.
    pub(super) fn run(&self, files: &Files, paint: Paint) -> Result<Report, Failure> {
        let mut outcome = Outcome { findings: look(files, &files.texts()?)?, is_mended: false };
        if self.yes && outcome.findings.iter().any(|finding| finding.repair.is_some()) {
            outcome.findings = mend(files)?;
            outcome.is_mended = true;
        }
        if self.format == Format::Json {
            let answer = json!({ "repaired": outcome.is_mended, "findings": outcome.findings });
            return Ok(Report::json(&answer, outcome.is_clean())?);
        }
        Ok(outcome.page(self.dry_run, paint))
    }
}

fn look(files: &Files, texts: &Texts) -> Result<Vec<Finding>, Failure> {
    let (db, cache, plan) = (files.database(texts)?, files.cache(texts)?, files.plan()?);
    let mut findings = Vec::new();
    for (name, text) in [(DATABASE, &texts.database), (CACHE, &texts.cache)] {
        let length = text.as_deref().unwrap_or_default().len();
        findings.extend(check::check_size(&format!("/etc/pve/{name}"), length));
    }
    findings.extend(check::check(&db, &cache, &plan));
    Ok(findings)
}

/// Mends what is wrong by now, in both files; says what that was.
fn mend(files: &Files) -> Result<Vec<Finding>, Failure> {
    // In the order in which the original takes them, one within the other.
    let _database = files.lock(DATABASE)?;
    let _cache = files.lock(CACHE)?;
    let texts = files.texts()?;
    let findings = look(files, &texts)?;
    // The database first: the cache is right only if that was written.
    for (name, document, base) in
        [(DATABASE, Document::Database, &texts.database), (CACHE, Document::Cache, &texts.cache)]
    {
        let repairs = findings.iter().filter_map(|finding| finding.repair.as_ref());
        let repairs: Vec<&Repair> = repairs.filter(|repair| repair.document == document).collect();
        if repairs.is_empty() {
            continue;
        }
        let text = String::from_utf8_lossy(base.as_deref().unwrap_or_default());
        let text = repair(&text, repairs)
            .map_err(|error| Failure::Config { path: files.path(name), error })?;
        files.replace(name, base.as_deref(), &text)?;
    }
    Ok(findings)
}

impl Outcome {
    /// True if nothing is wrong, or not any more.
    fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| self.is_mended && finding.repair.is_some())
    }

    fn page(&self, is_dry_run: bool, paint: Paint) -> Report {
        let mut page = String::new();
        let mut heading_before = None;
        for finding in &self.findings {
            let heading = heading(finding);
            if heading_before.as_ref() != Some(&heading) {
                let space = if page.is_empty() { "" } else { "\n" };
                page.push_str(&format!("{space}{}\n", paint.text(Tone::Bold, &heading)));
                heading_before = Some(heading);
            }
            let tone = if finding.repair.is_some() { Tone::Odd } else { Tone::Bad };
            page.push_str(&page::paragraph(paint, tone, &page::plain(&finding.text)));
            if let Some(repair) = &finding.repair {
                let done = if self.is_mended { "mended" } else { "--repair" };
                page.push_str(&page::paragraph(
                    paint,
                    Tone::Good,
                    &format!("  {done}: {}", repair.text),
                ));
            }
        }
        if !page.is_empty() {
            page.push('\n');
        }
        page.push_str(&self.summary(is_dry_run, paint));
        Report { text: page.into_bytes(), is_clean: self.is_clean() }
    }

    fn summary(&self, is_dry_run: bool, paint: Paint) -> String {
        let total = self.findings.len();
        if total == 0 {
            return paint.text(Tone::Good, "no problems") + "\n";
        }
        let mendable = self.findings.iter().filter(|finding| finding.repair.is_some()).count();
        let left = total - mendable;
        let total = count(total, "problem");
        match (self.is_mended, mendable) {
            (true, _) if left == 0 => format!("{total}, all mended\n"),
            (true, _) => format!("{total}, {mendable} mended, {left} for you to decide\n"),
            (false, _) if self.findings.iter().any(|finding| finding.kind == Kind::Config) => {
                format!("{total}; nothing is mended before the config is right\n")
            }
            (false, 0) => format!("{total}, all for you to decide\n"),
            (false, _) if is_dry_run => {
                format!("{total}, --repair --yes would mend {mendable}; nothing is written\n")
            }
            (false, _) => format!("{total}, {mendable} to be mended by --repair\n"),
        }
    }
}

fn heading(finding: &Finding) -> String {
    let words = [&finding.zone, &finding.subnet];
    match words.map(|word| word.as_deref().map(page::plain)) {
        [Some(zone), Some(subnet)] => format!("zone {zone}, {subnet}"),
        [Some(zone), None] => format!("zone {zone}"),
        _ => "all zones".into(),
    }
}
