//! Points of a short Weierstrass curve over a prime field, and their multiples.
//!
//! Takes any curve and any base point: two of the curves have no crate, and one of the faults is a base point of the
//! forger's own. Apart from the room that checks chips on purpose, so that no error of it can hide in both. Variable time:
//! fit for practice keys, which are known to everybody, and for nothing else.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};

use crate::practice::country::curve::Curve;

/// Numbers modulo an odd number.
pub(super) struct Modulus {
    params: BoxedMontyParams,
    bytes: usize,
}

/// A curve with its base point, ready to compute.
pub(super) struct Group {
    /// The numbers that points are multiplied by.
    pub(super) order: Modulus,
    field: Modulus,
    a: BoxedMontyForm,
    base: Affine,
}

/// A point other than the one at infinity.
#[derive(Clone)]
struct Affine {
    x: BoxedMontyForm,
    y: BoxedMontyForm,
}

/// A point in Jacobian coordinates: abscissa `x / z²`, ordinate `y / z³`.
struct Jacobian {
    x: BoxedMontyForm,
    y: BoxedMontyForm,
    z: BoxedMontyForm,
}

impl Modulus {
    /// Numbers modulo an odd number, written big-endian.
    ///
    /// # Panics
    /// If the number is even, which no order, no prime field and no RSA modulus is.
    pub(super) fn new(modulus: &[u8]) -> Self {
        let odd = Odd::new(BoxedUint::from_be_slice_vartime(modulus)).expect("the modulus is odd");
        Self { params: BoxedMontyParams::new_vartime(odd), bytes: modulus.len() }
    }

    /// The number that these bytes write, reduced.
    pub(super) fn number(&self, bytes: &[u8]) -> BoxedMontyForm {
        let whole = BoxedUint::from_be_slice_vartime(bytes);
        BoxedMontyForm::new(whole.rem_vartime(self.params.modulus().as_nz_ref()), &self.params)
    }

    /// Big-endian bytes, as many as the modulus was given with.
    pub(super) fn bytes(&self, number: &BoxedMontyForm) -> Vec<u8> {
        let bytes = number.retrieve().to_be_bytes();
        bytes.get(bytes.len().saturating_sub(self.bytes)..).unwrap_or_default().to_vec()
    }

    /// `base` to the power of an exponent written big-endian.
    pub(super) fn power(&self, base: &[u8], exponent: &[u8]) -> Vec<u8> {
        self.bytes(&self.number(base).pow(&BoxedUint::from_be_slice_vartime(exponent)))
    }
}

impl Group {
    /// The curve around its published base point.
    pub(super) fn new(curve: Curve) -> Self {
        let c = curve.constants();
        let number = |text: &str| hex::decode(text).unwrap_or_default();
        let field = Modulus::new(&number(c.p));
        let base = Affine { x: field.number(&number(c.x)), y: field.number(&number(c.y)) };
        Self { order: Modulus::new(&number(c.n)), a: field.number(&number(c.a)), base, field }
    }

    /// The same curve around twice its base point: a forger's choice, with which keys of the forger's own fit
    /// somebody else's public point.
    pub(super) fn around_another_base(curve: Curve) -> Self {
        let mut group = Self::new(curve);
        if let Some(base) = Self::affine(&group.double(&group.base.clone().into())) {
            group.base = base;
        }
        group
    }

    /// The base point, uncompressed (SEC 1, section 2.3.3).
    pub(super) fn base(&self) -> Vec<u8> {
        self.uncompressed(&self.base)
    }

    /// `scalar` times the base point, uncompressed. The scalar is written big-endian and lies in `1..order`.
    pub(super) fn multiple(&self, scalar: &[u8]) -> Vec<u8> {
        self.times(scalar).map(|point| self.uncompressed(&point)).unwrap_or_default()
    }

    /// Abscissa of `scalar` times the base point.
    pub(super) fn abscissa(&self, scalar: &[u8]) -> Vec<u8> {
        self.times(scalar).map(|point| self.field.bytes(&point.x)).unwrap_or_default()
    }

    fn uncompressed(&self, point: &Affine) -> Vec<u8> {
        [&[4], self.field.bytes(&point.x).as_slice(), &self.field.bytes(&point.y)].concat()
    }

    fn times(&self, scalar: &[u8]) -> Option<Affine> {
        let bits = scalar.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1 == 1));
        let mut bits = bits.skip_while(|bit| !bit);
        bits.next()?;
        let sum = bits.fold(self.base.clone().into(), |sum: Jacobian, bit| {
            let twice = self.double(&sum);
            if bit { plus(&twice, &self.base) } else { twice }
        });
        Self::affine(&sum)
    }

    /// Twice a point, whatever the curve's first coefficient (hyperelliptic.org formulas, dbl-2007-bl).
    #[expect(clippy::many_single_char_names, reason = "the letters of the published formulas")]
    fn double(&self, p: &Jacobian) -> Jacobian {
        let (xx, yy, zz) = (p.x.square(), p.y.square(), p.z.square());
        let yyyy = yy.square();
        let s = (&(&(&p.x + &yy).square() - &xx) - &yyyy).double();
        let m = &(&xx.double() + &xx) + &(&self.a * &zz.square());
        let x = &m.square() - &s.double();
        let y = &(&m * &(&s - &x)) - &yyyy.double().double().double();
        let z = &(&(&p.y + &p.z).square() - &yy) - &zz;
        Jacobian { x, y, z }
    }

    fn affine(p: &Jacobian) -> Option<Affine> {
        let inverse = Option::<BoxedMontyForm>::from(p.z.invert_vartime())?;
        let square = inverse.square();
        Some(Affine { x: &p.x * &square, y: &p.y * &(&square * &inverse) })
    }
}

/// Sum of two points that are neither equal nor opposite (madd-2007-bl). Equal ones would have to be multiples that no
/// scalar below the order leads to, but for one so near to it that no seed will ever draw it.
#[expect(clippy::many_single_char_names, reason = "the letters of the published formulas")]
fn plus(p: &Jacobian, q: &Affine) -> Jacobian {
    let zz = p.z.square();
    let h = &(&q.x * &zz) - &p.x;
    let hh = h.square();
    let i = hh.double().double();
    let j = &h * &i;
    let r = (&(&q.y * &(&p.z * &zz)) - &p.y).double();
    let v = &p.x * &i;
    let x = &(&r.square() - &j) - &v.double();
    let y = &(&r * &(&v - &x)) - &(&p.y * &j).double();
    let z = &(&(&p.z + &h).square() - &zz) - &hh;
    Jacobian { x, y, z }
}

impl From<Affine> for Jacobian {
    fn from(point: Affine) -> Self {
        Self { z: BoxedMontyForm::one(point.x.params()), x: point.x, y: point.y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_less_than_the_order_leads_to_the_mirror_of_twice_the_base_point() {
        for curve in Curve::ALL {
            let group = Group::new(curve);
            let mut last = hex::decode(curve.constants().n).unwrap();
            *last.last_mut().unwrap() -= 2;
            // Twice the base point and its mirror share their abscissa.
            assert_eq!(group.abscissa(&last), group.abscissa(&[2]), "{curve:?}");
        }
    }

    #[test]
    fn another_base_point_is_twice_the_first() {
        for curve in Curve::ALL {
            assert_eq!(Group::around_another_base(curve).base(), Group::new(curve).multiple(&[2]), "{curve:?}");
        }
    }
}
