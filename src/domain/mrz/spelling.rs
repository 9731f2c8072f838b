//! A name as a pattern of all the ways in which a zone may spell it, and whether cells match it. The pattern is walked
//! once with the set of places reached so far, so that the work grows with the length and not with the number of ways.

use crate::domain::mrz::transliteration::spellings;

/// How much of a name the cells must show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// Every part, each of them cut to any length (Doc 9303-4, -5, -6 section 4.2.3).
    CutParts,
    /// The same, and the parts for which there was no room may be missing at the end.
    CutEnd,
}

/// A step of the pattern.
#[derive(Clone, Copy)]
enum Step {
    /// One of these.
    Letter(&'static [&'static str]),
    /// One of these, or nothing: the sign of doubling is often not written.
    Again(&'static [&'static str]),
    /// Between two parts of a name, a filler as a rule (Doc 9303-3 section 4.6).
    Space,
    /// An apostrophe: nothing as a rule.
    Apostrophe,
}

/// The pattern of one or more parts of a name. It holds a person's name and prints nothing.
#[derive(Clone, Default)]
pub(super) struct Spelling {
    steps: Vec<Step>,
}

impl Spelling {
    /// The pattern of a name; `None` if a letter's script has no transliteration.
    pub(super) fn of(name: &str) -> Option<Self> {
        let mut steps = Vec::with_capacity(name.len());
        for c in name.chars() {
            match c {
                '\'' | '’' | 'ʼ' | '`' | '·' => gap(&mut steps, Step::Apostrophe),
                ' ' | '-' | '.' | '/' | '@' | '(' | ')' | ',' => gap(&mut steps, Step::Space),
                '\u{0651}' => again(&mut steps),
                c if unicode_normalization::char::is_combining_mark(c) => {}
                c if c.is_ascii() => steps.push(Step::Letter(spellings(c.to_ascii_uppercase())?)),
                c => {
                    for capital in capitals(c) {
                        steps.push(Step::Letter(spellings(capital)?));
                    }
                }
            }
        }
        if matches!(steps.last(), Some(Step::Space | Step::Apostrophe)) {
            steps.pop();
        }
        (!steps.is_empty()).then_some(Self { steps })
    }

    /// This name and another behind it, as one.
    pub(super) fn then(&self, other: &Self) -> Self {
        let steps = self.steps.iter().chain(&[Step::Space]).chain(&other.steps);
        Self { steps: steps.copied().collect() }
    }

    /// Its parts: what stands between spaces, hyphens and the like.
    pub(super) fn words(&self) -> Vec<Self> {
        let words = self.steps.split(|step| matches!(step, Step::Space));
        words.filter(|steps| !steps.is_empty()).map(|steps| Self { steps: steps.to_vec() }).collect()
    }

    /// Cells that its longest spelling takes.
    pub(super) fn longest(&self) -> usize {
        let cells = |step: &Step| match step {
            Step::Letter(ways) | Step::Again(ways) => ways.iter().map(|way| way.len()).max().unwrap_or(0),
            Step::Space | Step::Apostrophe => 1,
        };
        self.steps.iter().map(cells).sum()
    }

    /// One spelling: the `choice`th of every letter, or the last it has.
    pub(super) fn written(&self, choice: usize) -> String {
        let mut text = String::with_capacity(self.steps.len() + 8);
        for step in &self.steps {
            match step {
                Step::Letter(ways) => text.push_str(ways.get(choice).or(ways.last()).copied().unwrap_or_default()),
                Step::Space => text.push('<'),
                Step::Again(_) | Step::Apostrophe => {}
            }
        }
        text
    }

    /// Whether `cells` show the name to that extent.
    pub(super) fn shows(&self, cells: &str, extent: Extent) -> bool {
        let cells = cells.as_bytes();
        if extent != Extent::Whole && cells.is_empty() {
            return false;
        }
        let (mut here, mut next) = (vec![0_usize], Vec::with_capacity(4));
        for step in &self.steps {
            for place in here.drain(..) {
                step.reach(cells, place, extent, &mut next);
            }
            std::mem::swap(&mut here, &mut next);
            if here.is_empty() {
                return false;
            }
        }
        here.contains(&cells.len())
    }
}

impl Step {
    /// Adds the places that this step leads to from `place`.
    fn reach(self, cells: &[u8], place: usize, extent: Extent, next: &mut Vec<usize>) {
        let rest = cells.get(place..).unwrap_or_default();
        let mut add = |place| {
            if !next.contains(&place) {
                next.push(place);
            }
        };
        match self {
            Self::Letter(ways) | Self::Again(ways) => {
                ways.iter().filter(|way| rest.starts_with(way.as_bytes())).for_each(|way| add(place + way.len()));
                if matches!(self, Self::Again(_)) {
                    add(place);
                }
                if extent == Extent::Whole {
                    return;
                }
                // What was cut leads nowhere from the end of a part; a letter of several cells may be cut inside.
                let part = rest.split(|c| *c == b'<').next().unwrap_or_default();
                let begun = place.checked_sub(1).and_then(|before| cells.get(before)).is_some_and(|c| *c != b'<');
                if part.is_empty() && begun {
                    add(place);
                }
                if !part.is_empty() && ways.iter().any(|way| way.len() > part.len() && way.as_bytes().starts_with(part))
                {
                    add(place + part.len());
                }
            }
            Self::Space | Self::Apostrophe => {
                let fillers = rest.iter().take_while(|c| **c == b'<').count();
                let omitted = extent == Extent::CutEnd && rest.is_empty();
                if fillers > 0 {
                    add(place + fillers);
                }
                if extent == Extent::Whole || matches!(self, Self::Apostrophe) || omitted {
                    add(place);
                }
            }
        }
    }
}

/// Adds a gap, unless the name has none before or only begins; the wider one stays.
fn gap(steps: &mut Vec<Step>, gap: Step) {
    match steps.last_mut() {
        None | Some(Step::Space) => {}
        Some(last @ Step::Apostrophe) => *last = gap,
        Some(_) => steps.push(gap),
    }
}

/// Doubles the letter before (Doc 9303-3 section 6 C, shadda).
fn again(steps: &mut Vec<Step>) {
    if let Some(Step::Letter(ways)) = steps.last().copied() {
        steps.push(Step::Again(ways));
    }
}

/// The capitals of a letter; one that has a spelling of its own stays as it is.
fn capitals(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().filter(|c| !unicode_normalization::char::is_combining_mark(*c))
}
