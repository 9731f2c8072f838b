//! The counts at the end, and whether they add up.

use std::fmt;

/// How the play went.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Steps taken, sums included.
    pub steps: usize,
    /// Steps whose answer was not the expected one.
    pub unexpected: usize,
    /// What there is at the end.
    pub counts: Counts,
}

/// What there is at the end. Wholes and parts are counted from different answers, so that a sum can fail.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Requests handed in.
    pub submitted: usize,
    /// Requests taken in.
    pub accepted: usize,
    /// Requests that the rules turned down.
    pub not_accepted: usize,
    /// Requests that became an account.
    pub issued: usize,
    /// Requests that the authority refused.
    pub refused: usize,
    /// Requests that the office gave up.
    pub withdrawn: usize,
    /// Requests without a decision.
    pub waiting: usize,
    /// Accounts in use.
    pub active: usize,
    /// Accounts that their holder has not activated.
    pub awaiting: usize,
    /// Contact changes begun.
    pub begun: usize,
    /// Contact changes confirmed.
    pub confirmed: usize,
    /// Contact changes given up.
    pub cancelled: usize,
}

/// A whole that must equal its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sum {
    whole: (&'static str, usize),
    parts: Vec<(&'static str, usize)>,
}

impl Counts {
    /// The sums that must hold.
    pub fn sums(&self) -> [Sum; 4] {
        let sum = |whole, parts: &[_]| Sum { whole, parts: parts.to_vec() };
        [
            sum(
                ("requests submitted", self.submitted),
                &[("accepted", self.accepted), ("not accepted", self.not_accepted)],
            ),
            sum(
                ("requests accepted", self.accepted),
                &[
                    ("issued", self.issued),
                    ("refused", self.refused),
                    ("withdrawn", self.withdrawn),
                    ("in progress", self.waiting),
                ],
            ),
            sum(("accounts issued", self.issued), &[("active", self.active), ("awaiting activation", self.awaiting)]),
            sum(("contact changes begun", self.begun), &[("confirmed", self.confirmed), ("cancelled", self.cancelled)]),
        ]
    }
}

impl Sum {
    /// Whether the whole equals its parts.
    pub fn holds(&self) -> bool {
        self.whole.1 == self.parts.iter().map(|(_, count)| count).sum::<usize>()
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, count) = self.whole;
        write!(f, "{name:<22}{count:>7}  {}", if self.holds() { "=" } else { "≠" })?;
        for (at, (name, count)) in self.parts.iter().enumerate() {
            write!(f, "{} {name} {count}", if at == 0 { "" } else { " +" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Counts = Counts {
        submitted: 28,
        accepted: 20,
        not_accepted: 8,
        issued: 16,
        refused: 2,
        withdrawn: 1,
        waiting: 1,
        active: 12,
        awaiting: 4,
        begun: 3,
        confirmed: 2,
        cancelled: 1,
    };

    #[test]
    fn counts_that_add_up_pass() {
        assert!(WHOLE.sums().iter().all(Sum::holds));
        assert!(Counts::default().sums().iter().all(Sum::holds));
    }

    #[test]
    fn each_missing_part_breaks_its_sum() {
        for (at, broken) in [
            Counts { not_accepted: 7, ..WHOLE },
            Counts { waiting: 0, ..WHOLE },
            Counts { active: 14, ..WHOLE },
            Counts { cancelled: 0, ..WHOLE },
        ]
        .iter()
        .enumerate()
        {
            let holding: Vec<_> = broken.sums().iter().map(Sum::holds).collect();
            assert_eq!(holding.iter().position(|holds| !holds), Some(at));
            assert_eq!(holding.iter().filter(|holds| !**holds).count(), 1);
        }
    }

    #[test]
    fn a_sum_reads_like_one() {
        let [first, ..] = WHOLE.sums();
        assert_eq!(first.to_string(), "requests submitted         28  = accepted 20 + not accepted 8");
        let [first, ..] = Counts { accepted: 19, ..WHOLE }.sums();
        assert_eq!(first.to_string(), "requests submitted         28  ≠ accepted 19 + not accepted 8");
    }
}
