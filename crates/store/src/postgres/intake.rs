//! Taking reports: what waits when a worker is free goes to disk together, a tenant's in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use policy::history::day_of;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::flush::{commit, is_empty};
use super::load::{load, until_complete};
use super::months::Months;
use super::pool::{Pool, pause};
use crate::error::{Result, StoreError};
use crate::ids::TenantId;
use crate::intake::{Incoming, Refused};
use crate::sheet::{Answers, Sheet};

/// Is how many reports share one commit at most, so that the first does not wait for ever.
const MOST_IN_A_COMMIT: usize = 512;

/// Is how many tenants' transactions a worker has under way at once.
const TENANTS_AT_ONCE: usize = 4;

/// Is how often a transaction is tried that others got in the way of.
const ATTEMPTS: u32 = 10;

/// Is how often a transaction is tried whose connection broke.
const CONNECTIONS: u32 = 3;

/// Is reports that came together.
pub struct Job {
    pub reports: Vec<Incoming>,
    pub answer: oneshot::Sender<Answers>,
}

/// Is what all workers take from.
pub type Queue = Arc<Mutex<mpsc::Receiver<Job>>>;

/// Works until nobody is left who could ask for it.
pub async fn work(pool: Arc<Pool>, months: Arc<Months>, queue: Queue) {
    loop {
        let jobs = {
            let mut queue = queue.lock().await;
            let Some(first) = queue.recv().await else { return };
            let mut weight = first.reports.len();
            let mut jobs = vec![first];
            while weight < MOST_IN_A_COMMIT
                && let Ok(job) = queue.try_recv()
            {
                weight += job.reports.len();
                jobs.push(job);
            }
            jobs
        };
        take_all(&pool, &months, jobs).await;
    }
}

/// Is one tenant's reports, and before them where each of them came from: a job, and a place in it.
type Share = (Vec<(usize, usize)>, Vec<Incoming>);

/// Sorts reports by tenant, takes them, and brings the answers back into the order of the questions.
async fn take_all(pool: &Arc<Pool>, months: &Months, jobs: Vec<Job>) {
    let mut waiting = Vec::with_capacity(jobs.len());
    let mut by_tenant: BTreeMap<TenantId, Share> = BTreeMap::new();
    for (job, Job { reports, answer }) in jobs.into_iter().enumerate() {
        let mut answers = Vec::new();
        answers.resize_with(reports.len(), || None);
        waiting.push((answer, answers));
        for (place, incoming) in reports.into_iter().enumerate() {
            let (places, batch) = by_tenant.entry(incoming.tenant).or_default();
            places.push((job, place));
            batch.push(incoming);
        }
    }
    let mut tenants = by_tenant.into_iter();
    loop {
        let some: Vec<_> = tenants.by_ref().take(TENANTS_AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        let taken = join_all(
            some.into_iter().map(|(tenant, (places, batch))| async move { (places, take_tenants(pool, months, tenant, &batch).await) }),
        );
        for (places, answers) in taken.await {
            for ((job, place), answer) in places.into_iter().zip(answers) {
                waiting[job].1[place] = Some(answer);
            }
        }
    }
    for (answer, answers) in waiting {
        let answers = answers.into_iter().map(|answer| answer.expect("every report belongs to a tenant, and every tenant was answered"));
        // Who asked may have gone away; what was handed over is taken all the same.
        drop(answer.send(answers.collect()));
    }
}

/// Takes one tenant's reports, together or, if one of them spoils that, one by one.
async fn take_tenants(pool: &Arc<Pool>, months: &Months, tenant: TenantId, batch: &[Incoming]) -> Answers {
    let fault = match try_again(pool, months, tenant, batch).await {
        Ok(answers) => return answers,
        Err(fault) => fault,
    };
    let is_of_all = matches!(fault, StoreError::Unreachable { .. } | StoreError::Full | StoreError::Busy);
    if is_of_all || batch.len() == 1 {
        tracing::error!(error = &fault as &dyn std::error::Error, reports = batch.len(), "reports were refused; their senders keep them");
        let mut answers: Answers = batch.iter().skip(1).map(|_| Err(Refused::Store(fault.again()))).collect();
        answers.insert(0, Err(Refused::Store(fault)));
        return answers;
    }
    let mut answers = Answers::with_capacity(batch.len());
    for incoming in batch {
        let one = std::slice::from_ref(incoming);
        answers.push(match try_again(pool, months, tenant, one).await {
            Ok(mut answer) => answer.pop().unwrap_or(Err(Refused::Store(StoreError::Busy))),
            Err(fault) => {
                tracing::error!(error = &fault as &dyn std::error::Error, sender.id = %incoming.sender, "a report could not be stored");
                Err(Refused::Store(fault))
            }
        });
    }
    answers
}

/// Tries until nobody is in the way. Where the connection breaks during a commit nobody knows whether
/// it is on disk: then the same reports are looked at again, and those that are on disk are found there.
async fn try_again(pool: &Arc<Pool>, months: &Months, tenant: TenantId, batch: &[Incoming]) -> Result<Answers> {
    let (mut attempt, mut broken) = (0, 0);
    loop {
        attempt += 1;
        match take_once(pool, months, tenant, batch).await {
            Err(StoreError::Conflict { .. }) if attempt < ATTEMPTS => {}
            Err(StoreError::Unreachable { .. }) if broken + 1 < CONNECTIONS => broken += 1,
            other => return other,
        }
        pause(attempt).await;
    }
}

async fn take_once(pool: &Arc<Pool>, months: &Months, tenant: TenantId, batch: &[Incoming]) -> Result<Answers> {
    let lease = pool.lease().await?;
    let link = lease.link();
    if let Some(now) = batch.iter().map(|incoming| incoming.received_at).max() {
        let days = batch.iter().flat_map(|incoming| &incoming.report.readings).map(|reading| day_of(reading.observed_at));
        months.provide(link, days, now).await;
    }
    let taken = async {
        let mut sheet = Sheet::new(tenant);
        load(link, &mut sheet, &Sheet::foreseen(batch), true).await?;
        let answers = until_complete(link, &mut sheet, |sheet| sheet.take(batch)).await?;
        match is_empty(&sheet.written) {
            true => link.command("ROLLBACK").await?,
            false => commit(link, &sheet, batch).await?,
        }
        Ok(answers)
    };
    match taken.await {
        Ok(answers) => {
            lease.give_back();
            Ok(answers)
        }
        Err(fault) => {
            lease.roll_back().await;
            Err(fault)
        }
    }
}
