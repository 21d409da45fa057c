//! The generated input, kept between runs, and what is in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cloudtrail2parquet::sample::{SampleOptions, generate};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::{Deserialize, Serialize};

/// Generated raw objects in a folder.
pub(crate) struct Set {
    pub(crate) source: PathBuf,
    pub(crate) facts: Facts,
}

/// What the generator says of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) objects: u64,
    pub(crate) uncompressed_bytes: u64,
    pub(crate) delivered_bytes: u64,
    /// Rows by the partition's path.
    rows: BTreeMap<String, u64>,
}

impl Set {
    /// The set of about so many bytes of JSON: made now, unless it is there already.
    pub(crate) fn of(uncompressed_bytes: u64, folder: &Path, fresh: bool) -> Result<Self> {
        let options = SampleOptions {
            uncompressed_bytes,
            accounts: 4,
            ..SampleOptions::default()
        };
        let SampleOptions {
            seed,
            accounts,
            regions,
            days,
            ..
        } = options;
        let folder = folder.join(format!(
            "{uncompressed_bytes}-{accounts}x{regions}x{days}-{seed}"
        ));
        let source = folder.join("raw");
        let facts_path = folder.join("facts.json");
        if fresh && folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        // Facts of another version of this program are made anew.
        if let Ok(facts) = fs::read(&facts_path)
            && let Ok(facts) = serde_json::from_slice(&facts)
        {
            return Ok(Self { source, facts });
        }
        let truth = generate(&options, |key, body| -> Result<()> {
            let path = source.join(key);
            fs::create_dir_all(path.parent().context("a key without a folder")?)?;
            Ok(fs::write(path, body)?)
        })?;
        let partitions = truth.partitions.into_iter();
        let path =
            |(account, region, date)| format!("account={account}/region={region}/date={date}");
        let facts = Facts {
            objects: truth.objects,
            uncompressed_bytes: truth.uncompressed_bytes,
            delivered_bytes: truth.delivered_bytes,
            rows: partitions
                .map(|(partition, rows)| (path(partition), rows))
                .collect(),
        };
        fs::write(facts_path, serde_json::to_vec(&facts)?)?;
        Ok(Self { source, facts })
    }

    /// Fails unless the Parquet objects in `dest` hold the set's rows, partition by
    /// partition. Gives their size in bytes.
    pub(crate) fn check(&self, dest: &Path) -> Result<u64> {
        let mut rows: BTreeMap<String, u64> = BTreeMap::new();
        let mut bytes = 0;
        for path in crate::files(dest, "parquet")? {
            let file = fs::File::open(&path)?;
            bytes += file.metadata()?.len();
            let reader = SerializedFileReader::new(file)?;
            let count = reader.metadata().file_metadata().num_rows();
            let partition = path.strip_prefix(dest)?.parent().context("no partition")?;
            let partition = partition.to_string_lossy().into_owned();
            *rows.entry(partition).or_default() += u64::try_from(count)?;
        }
        for (partition, expected) in &self.facts.rows {
            let found = rows.remove(partition).unwrap_or_default();
            if found != *expected {
                bail!("{partition}: {found} rows for {expected}");
            }
        }
        match rows.first_key_value() {
            Some((partition, found)) => bail!("{partition}: {found} rows for none"),
            None => Ok(bytes),
        }
    }
}
