//! A province by formula on its own server processes, set up through the command line and the
//! contract only: so the product may be a build with another schema than this bench.
//!
//! ```text
//!  init  ->  org import, campaign apply, approve  ->  serve (each node)
//!        ->  the administrator enrols one device for each commune, which syncs once
//! ```

use crate::Result;
use crate::counted_stream::WireBytes;
use crate::device::{BenchDevice, find_expected_reports};
use crate::fixture::{EXAMPLE_CAMPAIGN_FILES, connect_counted, load_example_with};
use crate::server_process::{ProductBinary, ServerNode};
use crate::write_database::WriteDatabase;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thidua::bench_api::pb::{self, access_service_client::AccessServiceClient};
use thidua::bench_api::{
    App, Clock, DatabaseLocation, EnrolmentCode, OrgCsvTexts, ReferenceSnapshot, Store, TlsFiles,
    UnitId, random_bytes, read_org,
};
use tonic::transport::Channel;

/// Weekly reports of a commune.
pub(crate) const WEEKS_PER_COMMUNE: usize = 100;
const COMMUNES_PER_DISTRICT: usize = 20;
/// The example's campaign belongs to this unit.
const PROVINCE: &str = "prov-84";

/// The last day of the example's campaign and of its last phase, and that of the load.
const LAST_DAY: &str = "last_day = 2025-08-19";
const LATER_LAST_DAY: &str = "last_day = 2026-08-19";

/// The calls of one commune's device.
pub(crate) struct CommuneLoad {
    pub(crate) device: BenchDevice,
    pub(crate) calls: Vec<Vec<Vec<u8>>>,
}

/// Running servers over one database; everything is removed when dropped.
pub(crate) struct WriteProvince {
    // Dropped in this order: the servers end before their database is dropped.
    pub(crate) nodes: Vec<ServerNode>,
    pub(crate) database: WriteDatabase,
    communes: usize,
    admin_code: EnrolmentCode,
    tls: TlsFiles,
    dir: TempDataDir,
}

struct TempDataDir(PathBuf);

impl Drop for TempDataDir {
    fn drop(&mut self) {
        // A leftover is in the temporary directory and is removed by the next run of this id.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl WriteProvince {
    /// A province of so many communes on so many nodes.
    pub(crate) fn start(
        product: &ProductBinary,
        server_url: Option<&str>,
        nodes: usize,
        communes: usize,
    ) -> Result<Self> {
        let dir =
            TempDataDir(std::env::temp_dir().join(format!("thidua-write-{}", std::process::id())));
        // Remove leftovers of an earlier run with the same id.
        let _ = std::fs::remove_dir_all(&dir.0);
        std::fs::create_dir_all(&dir.0)?;
        let first = dir.0.join("node-0");
        let database = WriteDatabase::create(&first, server_url)?;
        let admin_code = set_up(product, &first, &database, &org_csv(communes))?;
        let mut servers = vec![ServerNode::start(product, &first)?];
        for at in 1..nodes {
            let other = dir.0.join(format!("node-{at}"));
            copy_directory(&first, &other)?;
            servers.push(ServerNode::start(product, &other)?);
        }
        let tls = TlsFiles::in_dir(&first.join("tls"));
        Ok(Self { nodes: servers, database, communes, admin_code, tls, dir })
    }

    /// A new connection of the client with this number, to the node that serves it.
    pub(crate) async fn connect(&self, client: usize, bytes: &WireBytes) -> Result<Channel> {
        let port = self.nodes[client % self.nodes.len()].port;
        connect_counted(Path::new(&self.tls.ca), &format!("https://127.0.0.1:{port}"), bytes).await
    }

    /// One enrolled device for each commune, after its first sync, with its reports in calls of
    /// `reports_per_call`.
    pub(crate) async fn prepare_loads(&self, reports_per_call: usize) -> Result<Vec<CommuneLoad>> {
        let reference = self.read_reference()?;
        let channel = self.connect(0, &WireBytes::default()).await?;
        let admin =
            BenchDevice::enrol(channel.clone(), UnitId::from_code(PROVINCE), &self.admin_code)
                .await?;
        let mut loads = Vec::new();
        for at in 0..self.communes {
            let unit = UnitId::from_code(&format!("commune-{at}"));
            let code = create_code(&admin, unit).await?;
            let mut device = BenchDevice::enrol(channel.clone(), unit, &code).await?;
            device.sync(Vec::new()).await?;
            let today = Clock::System.now().local_date();
            let (mut keys, elements) = find_expected_reports(&reference, unit, today)?;
            if keys.len() < WEEKS_PER_COMMUNE {
                return Err(format!("only {} weeks have passed", keys.len()).into());
            }
            keys.truncate(WEEKS_PER_COMMUNE);
            let calls = keys
                .chunks(reports_per_call)
                .map(|keys| {
                    keys.iter().flat_map(|key| device.encode_report(key, &elements)).collect()
                })
                .collect();
            loads.push(CommuneLoad { device, calls });
        }
        Ok(loads)
    }

    /// The reference data of this bench's own build for the same files, which number the elements
    /// in the same way.
    fn read_reference(&self) -> Result<Arc<ReferenceSnapshot>> {
        let path = self.dir.0.join("reference.db").display().to_string();
        let app = App::new(Store::open(&DatabaseLocation::parse(&path))?, Clock::System);
        let [units, parents, lineage] = org_csv(self.communes);
        let texts = OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage };
        let org = read_org(&texts).map_err(|errors| format!("{errors:?}"))?;
        let [.., (_, campaign)] = campaign_files();
        load_example_with(&app, org.facts(), &campaign)?;
        Ok(app.store().read(|tx| app.reference(tx))?)
    }
}

/// Creates the data directory, imports the organisation and approves the campaign; returns the
/// administrator's code.
fn set_up(
    product: &ProductBinary,
    dir: &Path,
    database: &WriteDatabase,
    org: &[String; 3],
) -> Result<EnrolmentCode> {
    let database = database.url().map(|url| format!("database.url={url}"));
    let mut init = vec!["init", "--json"];
    init.extend(database.iter().flat_map(|one| ["--set", one]));
    let answer: serde_json::Value = serde_json::from_str(&product.run(dir, &init)?)?;
    let code = answer["enrolment"]["code"].as_str().ok_or("init printed no code")?;
    let input = dir.join("input");
    std::fs::create_dir_all(&input)?;
    let texts = ["units.csv", "parents.csv", "lineage.csv"]
        .into_iter()
        .zip(org.iter().cloned())
        .chain(campaign_files());
    for (name, text) in texts {
        std::fs::write(input.join(name), text)?;
    }
    let input = input.display().to_string();
    product.run(dir, &["org", "import", &input])?;
    let files = EXAMPLE_CAMPAIGN_FILES.map(|(name, _)| format!("{input}/{name}"));
    let mut apply = vec!["campaign", "apply"];
    apply.extend(files.iter().flat_map(|file| ["--file", file]));
    product.run(dir, &apply)?;
    product.run(dir, &["campaign", "step", "approve"])?;
    Ok(EnrolmentCode::parse(code)?)
}

/// Names and texts of the example's files, with a campaign of two years instead of one.
fn campaign_files() -> [(&'static str, String); 3] {
    EXAMPLE_CAMPAIGN_FILES.map(|(name, text)| (name, text.replace(LAST_DAY, LATER_LAST_DAY)))
}

/// units.csv, parents.csv and lineage.csv of the province `prov-84`, its districts and communes
/// `commune-0` and up.
fn org_csv(communes: usize) -> [String; 3] {
    let districts = communes.div_ceil(COMMUNES_PER_DISTRICT);
    let mut units = "uid,gso_code,name_vi,kind,level,valid_from,valid_to,note\n".to_owned();
    let mut parents = "child_uid,parent_uid,hierarchy,valid_from,valid_to\n".to_owned();
    let mut add = |uid: &str, kind: &str, level: &str, parent: Option<&str>| {
        let _ = writeln!(units, "{uid},,{uid} (synthetic),{kind},{level},,,");
        if let Some(parent) = parent {
            let _ = writeln!(parents, "{uid},{parent},command,,");
        }
    };
    add(PROVINCE, "tinh", "province", None);
    for at in 0..districts {
        add(&format!("district-{at}"), "huyen", "district", Some(PROVINCE));
    }
    for at in 0..communes {
        let district = format!("district-{}", at % districts);
        add(&format!("commune-{at}"), "xa", "commune", Some(&district));
    }
    [units, parents, "effective,kind,from_uid,to_uid,weight,basis\n".to_owned()]
}

async fn create_code(admin: &BenchDevice, unit: UnitId) -> Result<EnrolmentCode> {
    let message = pb::CreateEnrolmentCodeRequest {
        request_id: random_bytes::<16>()?.to_vec(),
        unit_id: unit.0.to_vec(),
        roles: vec![pb::Role::Reporter.into()],
        account_id: Vec::new(),
    };
    let mut access = AccessServiceClient::new(admin.channel.clone());
    let answer = access.create_enrolment_code(admin.request(message)?).await?.into_inner();
    Ok(EnrolmentCode::parse(&answer.code)?)
}

fn copy_directory(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
