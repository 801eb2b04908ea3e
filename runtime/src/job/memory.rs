//! How much memory the process uses, and whether that is too much.

use crate::error::{Error, ErrorKind};
use crate::value::Timestamp;

/// How often memory is looked at, in microseconds.
const LOOK: i64 = 500_000;

/// `--memory-limit`: the application stops with a checkpoint before the system would kill it.
pub(super) struct MemoryLimit {
    /// Bytes.
    limit: Option<u64>,
    next: Timestamp,
}

impl MemoryLimit {
    pub fn new(limit: Option<u64>) -> Self {
        MemoryLimit { limit, next: Timestamp::MIN }
    }

    /// The error to end with if the process uses more than it may, looking now and then.
    pub fn exceeded(&mut self, now: Timestamp) -> Option<Error> {
        let limit = self.limit.filter(|_| now >= self.next)?;
        self.next = Timestamp(now.0.saturating_add(LOOK));
        let used = resident().filter(|used| *used > limit)?;
        let mebibytes = |bytes: u64| bytes >> 20;
        let message = format!(
            "the application uses {} MiB of memory and may use {} MiB (--memory-limit): give it more, more workers on \
             more machines, or let its state end sooner",
            mebibytes(used),
            mebibytes(limit)
        );
        Some(Error::new(ErrorKind::Resource, message).lasting())
    }
}

/// The bytes of memory that the process holds; `None` where the system does not say.
#[cfg(target_os = "linux")]
fn resident() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    // SAFETY: sysconf only answers a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages.saturating_mul(u64::try_from(page).ok()?))
}

/// The most bytes of memory that the process has held so far.
#[cfg(not(target_os = "linux"))]
fn resident() -> Option<u64> {
    // SAFETY: getrusage fills the structure that it is given, which may be any bytes before.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) == 0).then_some(usage)
    };
    u64::try_from(usage?.ru_maxrss).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_uses_more_than_the_limit_is_told_so_now_and_then() {
        let mut none = MemoryLimit::new(None);
        assert!(none.exceeded(Timestamp(0)).is_none());
        let mut limit = MemoryLimit::new(Some(1 << 20));
        let error = limit.exceeded(Timestamp(0)).unwrap();
        assert!(error.message().contains("may use 1 MiB (--memory-limit)"), "{error}");
        assert!(limit.exceeded(Timestamp(LOOK - 1)).is_none());
        assert!(limit.exceeded(Timestamp(LOOK)).is_some());
        assert!(MemoryLimit::new(Some(u64::MAX)).exceeded(Timestamp(0)).is_none());
    }
}
