//! Curves for which no crate of the family in use exists: P-224 (FIPS 186-4), brainpoolP224r1 and brainpoolP512r1 (RFC 5639
//! section 3.3 and 3.7), on `primefield` and `primeorder`.
//!
//! Owns parameters alone: the arithmetic, the checks of a point and the check of a signature are those of the crates.

/// Makes a module with one curve of prime order, in the way of the crates of the same family.
macro_rules! prime_curve {
    (
        $(#[$doc:meta])*
        $module:ident::$name:ident,
        uint: $uint:ident,
        bytes: $bytes:ident,
        equation: $equation:ident,
        non_residues: ($field_root:literal, $scalar_root:literal),
        p: $p:expr,
        a: $a:expr,
        b: $b:expr,
        x: $x:expr,
        y: $y:expr,
        n: $n:expr,
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

            const ORDER_HEX: &str = $n;
            const ORDER: Odd<$uint> = Odd::<$uint>::from_be_hex(ORDER_HEX);

            mod field {
                use elliptic_curve::bigint::$uint;
                use elliptic_curve::ff::PrimeField;
                use elliptic_curve::ops::BatchInvert;
                use elliptic_curve::subtle::{Choice, ConstantTimeEq, CtOption};

                // A quadratic non-residue: all that the roots of unity derived from it need.
                primefield::monty_field_params! {
                    name: FieldParams,
                    modulus: $p,
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

                const EQUATION_A: FieldElement = FieldElement::from_hex_vartime($a);
                const EQUATION_B: FieldElement = FieldElement::from_hex_vartime($b);
                const GENERATOR: (FieldElement, FieldElement) =
                    (FieldElement::from_hex_vartime($x), FieldElement::from_hex_vartime($y));
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
    p: "00000000ffffffffffffffffffffffffffffffff000000000000000000000001",
    a: "fffffffffffffffffffffffffffffffefffffffffffffffffffffffe",
    b: "b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4",
    x: "b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21",
    y: "bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34",
    n: "00000000ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d",
}

prime_curve! {
    /// brainpoolP224r1, RFC 5639 section 3.3.
    brainpool_p224::BrainpoolP224r1,
    uint: U256,
    bytes: U28,
    equation: EquationAIsGeneric,
    non_residues: (3, 3),
    p: "00000000d7c134aa264366862a18302575d1d787b09f075797da89f57ec8c0ff",
    a: "68a5e62ca9ce6c1c299803a6c1530b514e182ad8b0042a59cad29f43",
    b: "2580f63ccfe44138870713b1a92369e33e2135d266dbb372386c400b",
    x: "0d9029ad2c7e5cf4340823b2a87dc68c9e4ce3174c1e6efdee12c07d",
    y: "58aa56f772c0726f24c6b89e4ecdac24354b9e99caa3f6d3761402cd",
    n: "00000000d7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939f",
}

prime_curve! {
    /// brainpoolP512r1, RFC 5639 section 3.7.
    brainpool_p512::BrainpoolP512r1,
    uint: U512,
    bytes: U64,
    equation: EquationAIsGeneric,
    non_residues: (2, 7),
    p: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330871\
        7d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3",
    a: "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc\
        2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca",
    b: "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a7\
        2bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723",
    x: "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098e\
        ff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822",
    y: "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111\
        b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892",
    n: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870\
        553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069",
}
