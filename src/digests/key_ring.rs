//! Where public keys come from: files, or CloudTrail itself.

use super::public_keys::PublicKeys;
use crate::aws::SdkConfig;
use crate::failure::Failure;
use crate::lane::Region;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::config::{Builder, Region as ServiceRegion};
use aws_sdk_cloudtrail::error::DisplayErrorContext;
use aws_sdk_cloudtrail::primitives::DateTime;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How long after a digest's end its key may begin to be valid: keys change while digests are
/// being signed.
const AFTER: SignedDuration = SignedDuration::from_hours(2);

/// Where public keys come from.
#[derive(Clone)]
pub enum KeySource {
    /// These are all.
    Known(PublicKeys),
    /// `cloudtrail:ListPublicKeys` of each region.
    Service(Box<SdkConfig>),
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(keys) => write!(f, "Known({})", keys.len()),
            Self::Service(_) => f.write_str("Service"),
        }
    }
}

/// Public keys, asked for as they are needed.
pub(super) struct KeyRing {
    source: KeySource,
    regions: Mutex<BTreeMap<Region, Arc<Mutex<PublicKeys>>>>,
}

impl KeyRing {
    pub(super) fn new(source: KeySource) -> Self {
        Self {
            source,
            regions: Mutex::default(),
        }
    }

    /// The keys of a region's digests. Keys that were valid in one of the `times` are asked for if
    /// one of these fingerprints is not known yet.
    pub(super) async fn keys(
        &self,
        region: &Region,
        fingerprints: &[(String, Timestamp, Timestamp)],
    ) -> Result<PublicKeys, Failure> {
        let config = match &self.source {
            KeySource::Known(keys) => return Ok(keys.clone()),
            KeySource::Service(config) => config,
        };
        let mut regions = self.regions.lock().await;
        let keys = Arc::clone(regions.entry(region.clone()).or_default());
        drop(regions);
        let mut keys = keys.lock().await;
        let mut unknown = fingerprints.iter().filter(|(name, ..)| !keys.has(name));
        let Some((_, from, to)) = unknown.next() else {
            return Ok(keys.clone());
        };
        let (mut from, mut to) = (*from, *to);
        for (_, first, last) in unknown {
            from = from.min(*first);
            to = to.max(*last);
        }
        list(config, region, (from, to), &mut keys).await?;
        Ok(keys.clone())
    }
}

async fn list(
    config: &SdkConfig,
    region: &Region,
    (from, to): (Timestamp, Timestamp),
    keys: &mut PublicKeys,
) -> Result<(), Failure> {
    let failed = |why: String| Failure::PublicKeys {
        region: region.clone(),
        why,
    };
    let service_region = ServiceRegion::new(region.as_str().to_owned());
    let client = Client::from_conf(Builder::from(config).region(service_region).build());
    let to = to.checked_add(AFTER).unwrap_or(to);
    let mut next = None;
    loop {
        let request = client
            .list_public_keys()
            .start_time(DateTime::from_secs(from.as_second()))
            .end_time(DateTime::from_secs(to.as_second()))
            .set_next_token(next);
        let sent = request.send().await;
        let page = sent.map_err(|error| failed(DisplayErrorContext(error).to_string()))?;
        for key in page.public_key_list() {
            let der = key.value().map(AsRef::as_ref).unwrap_or_default();
            keys.add(der, key.fingerprint())
                .map_err(|error| failed(error.to_string()))?;
        }
        match page.next_token {
            Some(token) => next = Some(token),
            None => return Ok(()),
        }
    }
}
