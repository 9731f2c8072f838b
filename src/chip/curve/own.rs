//! Curves for which no crate of the family in use exists: P-224 (FIPS 186-4), brainpoolP224r1 and brainpoolP512r1 (RFC 5639
//! section 3.3 and 3.7), on `primefield` and `primeorder`.
//!
//! Owns how they are put together, and nothing else: the parameters stand in `domain`; the arithmetic, the checks of a point
//! and the check of a signature are those of the crates.

/// Makes a module with one curve of prime order, in the way of the crates of the same family.
macro_rules! prime_curve {
    (
        $(#[$doc:meta])*
        $module:ident::$name:ident,
        uint: $uint:ident,
        bytes: $bytes:ident,
        equation: $equation:ident,
        non_residues: ($field_root:literal, $scalar_root:literal),
        domain: $domain:ident,
    ) => {
        pub(super) use $module::$name;

        mod $module {
            use ecdsa::EcdsaCurve;
            use elliptic_curve::bigint::{Odd, Reduce, $uint};
            use elliptic_curve::consts::$bytes;
            use elliptic_curve::ff::PrimeField;
            use elliptic_curve::hazmat::FieldArithmetic;
            use elliptic_curve::point::PointCompression;
            use elliptic_curve::scalar::{FromUintUnchecked, IsHigh};
            use elliptic_curve::subtle::{Choice, ConstantTimeEq, ConstantTimeGreater, CtOption};
            use elliptic_curve::{Curve, CurveArithmetic, FieldBytes, PrimeCurve, PrimeCurveArithmetic};
            use primeorder::{PrimeCurveParams, mul_backend, point_arithmetic, wnaf};

            use self::field::FieldElement;

            use crate::chip::curve::domain::$domain as DOMAIN;

            const ORDER_HEX: &str = DOMAIN.n;
            const ORDER: Odd<$uint> = Odd::<$uint>::from_be_hex(ORDER_HEX);

            mod field {
                use elliptic_curve::bigint::$uint;
                use elliptic_curve::ff::PrimeField;
                use elliptic_curve::ops::BatchInvert;
                use elliptic_curve::subtle::{Choice, ConstantTimeEq, CtOption};

                use super::DOMAIN;

                // A quadratic non-residue: all that the roots of unity derived from it need.
                primefield::monty_field_params! {
                    name: FieldParams,
                    modulus: DOMAIN.p,
                    uint: $uint,
                    byte_order: primefield::ByteOrder::BigEndian,
                    multiplicative_generator: $field_root,
                    doc: "Montgomery parameters of the field modulo p."
                }

                primefield::monty_field_element! {
                    name: FieldElement,
                    params: FieldParams,
                    uint: $uint,
                    doc: "An element of the field modulo p."
                }

                primefield::monty_field_arithmetic! {
                    name: FieldElement,
                    params: FieldParams,
                    uint: $uint
                }

                impl BatchInvert for FieldElement {}
            }

            // As above.
            primefield::monty_field_params! {
                name: ScalarParams,
                modulus: ORDER_HEX,
                uint: $uint,
                byte_order: primefield::ByteOrder::BigEndian,
                multiplicative_generator: $scalar_root,
                doc: "Montgomery parameters of the field modulo n."
            }

            primefield::monty_field_element! {
                name: Scalar,
                params: ScalarParams,
                uint: $uint,
                doc: "An element of the field modulo n."
            }

            primefield::monty_field_arithmetic! {
                name: Scalar,
                params: ScalarParams,
                uint: $uint
            }

            impl Reduce<$uint> for Scalar {
                fn reduce(number: &$uint) -> Self {
                    Self(primefield::MontyFieldElement::reduce(number))
                }
            }

            impl Reduce<FieldBytes<$name>> for Scalar {
                fn reduce(bytes: &FieldBytes<$name>) -> Self {
                    // 28 bytes are shorter than the integer that holds them.
                    Self::reduce(&$uint::from_be_slice_truncated(bytes, $uint::BITS))
                }
            }

            elliptic_curve::scalar_impls!($name, Scalar);
            wnaf::impl_wnaf_size_for_scalar!(Scalar);

            impl AsRef<Scalar> for Scalar {
                fn as_ref(&self) -> &Scalar {
                    self
                }
            }

            impl FromUintUnchecked for Scalar {
                type Uint = $uint;

                fn from_uint_unchecked(uint: Self::Uint) -> Self {
                    Self::from_uint_unchecked(uint)
                }
            }

            impl IsHigh for Scalar {
                fn is_high(&self) -> Choice {
                    const HALF: $uint = ORDER.as_ref().shr_vartime(1);
                    self.to_canonical().ct_gt(&HALF)
                }
            }

            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
            pub struct $name;

            impl Curve for $name {
                type FieldBytesSize = $bytes;
                type Uint = $uint;
                const ORDER: Odd<$uint> = ORDER;
            }

            impl PrimeCurve for $name {}

            impl PointCompression for $name {
                const COMPRESS_POINTS: bool = false;
            }

            impl EcdsaCurve for $name {
                const NORMALIZE_S: bool = false;
            }

            impl CurveArithmetic for $name {
                type AffinePoint = primeorder::AffinePoint<Self>;
                type ProjectivePoint = primeorder::ProjectivePoint<Self>;
                type Scalar = Scalar;
            }

            impl FieldArithmetic for $name {
                type FieldElement = FieldElement;
            }

            impl PrimeCurveArithmetic for $name {
                type CurveGroup = primeorder::ProjectivePoint<Self>;
            }

            impl PrimeCurveParams for $name {
                type PointArithmetic = point_arithmetic::$equation;
                type Backend = mul_backend::VariableOnly;

                const EQUATION_A: FieldElement = FieldElement::from_hex_vartime(DOMAIN.a);
                const EQUATION_B: FieldElement = FieldElement::from_hex_vartime(DOMAIN.b);
                const GENERATOR: (FieldElement, FieldElement) =
                    (FieldElement::from_hex_vartime(DOMAIN.x), FieldElement::from_hex_vartime(DOMAIN.y));
            }
        }
    };
}

prime_curve! {
    /// P-224, FIPS 186-4 appendix D.1.2.2.
    p224::P224,
    uint: U256,
    bytes: U28,
    equation: EquationAIsMinusThree,
    non_residues: (11, 2),
    domain: P_224,
}

prime_curve! {
    /// brainpoolP224r1, RFC 5639 section 3.3.
    brainpool_p224::BrainpoolP224r1,
    uint: U256,
    bytes: U28,
    equation: EquationAIsGeneric,
    non_residues: (3, 3),
    domain: BRAINPOOL_P224R1,
}

prime_curve! {
    /// brainpoolP512r1, RFC 5639 section 3.7.
    brainpool_p512::BrainpoolP512r1,
    uint: U512,
    bytes: U64,
    equation: EquationAIsGeneric,
    non_residues: (2, 7),
    domain: BRAINPOOL_P512R1,
}
