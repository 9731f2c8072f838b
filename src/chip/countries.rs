//! Which country signs for which issuer: two-letter codes of certificates against three-letter codes of passports.
//!
//! Owns the table, as data, and nothing of who is trusted. A code that stands in no row is unknown, not wrong.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Countries by ISO 3166-1: the code in a certificate (alpha-2), then the one in a passport (alpha-3).
const ISO: &str = "\
    AD AND AE ARE AF AFG AG ATG AI AIA AL ALB AM ARM AO AGO AQ ATA AR ARG AS ASM AT AUT AU AUS AW ABW AX ALA \
    AZ AZE BA BIH BB BRB BD BGD BE BEL BF BFA BG BGR BH BHR BI BDI BJ BEN BL BLM BM BMU BN BRN BO BOL BQ BES \
    BR BRA BS BHS BT BTN BV BVT BW BWA BY BLR BZ BLZ CA CAN CC CCK CD COD CF CAF CG COG CH CHE CI CIV CK COK \
    CL CHL CM CMR CN CHN CO COL CR CRI CU CUB CV CPV CW CUW CX CXR CY CYP CZ CZE DE DEU DJ DJI DK DNK DM DMA \
    DO DOM DZ DZA EC ECU EE EST EG EGY EH ESH ER ERI ES ESP ET ETH FI FIN FJ FJI FK FLK FM FSM FO FRO FR FRA \
    GA GAB GB GBR GD GRD GE GEO GF GUF GG GGY GH GHA GI GIB GL GRL GM GMB GN GIN GP GLP GQ GNQ GR GRC GS SGS \
    GT GTM GU GUM GW GNB GY GUY HK HKG HM HMD HN HND HR HRV HT HTI HU HUN ID IDN IE IRL IL ISR IM IMN IN IND \
    IO IOT IQ IRQ IR IRN IS ISL IT ITA JE JEY JM JAM JO JOR JP JPN KE KEN KG KGZ KH KHM KI KIR KM COM KN KNA \
    KP PRK KR KOR KW KWT KY CYM KZ KAZ LA LAO LB LBN LC LCA LI LIE LK LKA LR LBR LS LSO LT LTU LU LUX LV LVA \
    LY LBY MA MAR MC MCO MD MDA ME MNE MF MAF MG MDG MH MHL MK MKD ML MLI MM MMR MN MNG MO MAC MP MNP MQ MTQ \
    MR MRT MS MSR MT MLT MU MUS MV MDV MW MWI MX MEX MY MYS MZ MOZ NA NAM NC NCL NE NER NF NFK NG NGA NI NIC \
    NL NLD NO NOR NP NPL NR NRU NU NIU NZ NZL OM OMN PA PAN PE PER PF PYF PG PNG PH PHL PK PAK PL POL PM SPM \
    PN PCN PR PRI PS PSE PT PRT PW PLW PY PRY QA QAT RE REU RO ROU RS SRB RU RUS RW RWA SA SAU SB SLB SC SYC \
    SD SDN SE SWE SG SGP SH SHN SI SVN SJ SJM SK SVK SL SLE SM SMR SN SEN SO SOM SR SUR SS SSD ST STP SV SLV \
    SX SXM SY SYR SZ SWZ TC TCA TD TCD TF ATF TG TGO TH THA TJ TJK TK TKL TL TLS TM TKM TN TUN TO TON TR TUR \
    TT TTO TV TUV TW TWN TZ TZA UA UKR UG UGA UM UMI US USA UY URY UZ UZB VA VAT VC VCT VE VEN VG VGB VI VIR \
    VN VNM VU VUT WF WLF WS WSM YE YEM YT MYT ZA ZAF ZM ZMB ZW ZWE";

/// What ISO 3166-1 does not say: the code in a certificate, then issuers it signs for besides. Doc 9303-3 section 5.
const ALSO: &[(&str, &[&str])] = &[
    // Specimens say Utopia; nobody lives there.
    ("UT", &["UTO"]),
    ("BM", &["GBD"]),
    // Hong Kong and Macao issue passports of China.
    ("CN", &["HKG", "MAC"]),
    ("DE", &["D"]),
    ("EU", &["EUE"]),
    ("GB", &["GBD", "GBN", "GBO", "GBP", "GBS"]),
    ("KS", &["RKS"]),
    // Passports of all parts of the Kingdom name it as their issuer; its parts have codes of their own.
    ("NL", &["ABW", "CUW", "SXM"]),
    ("UN", &["UNO", "UNA", "UNK"]),
    ("XK", &["RKS"]),
    ("XO", &["XOM"]),
    ("XP", &["XPO"]),
    // The first authority of the United Nations called itself so.
    ("ZZ", &["UNO", "UNA", "UNK"]),
];

/// Countries that sign one another's certificates, and older names of one country: the name, and the one to take for it.
const SAME: &[(&str, &str)] = &[("BM", "GB"), ("XK", "KS"), ("ZZ", "UN")];

/// Whether the authorities of `country` (two letters, in any case) sign passports of `issuer` (as the zone prints it, with
/// or without fillers). `None` if either stands in no row.
pub fn signs_for(country: &str, issuer: &str) -> Option<bool> {
    let issuers = TABLE.issuers_of.get(country.to_ascii_uppercase().as_str())?;
    let issuer = TABLE.issuers.get(issuer.trim_end_matches('<'))?;
    Some(issuers.contains(issuer))
}

/// The rows, to be looked up.
struct Table {
    issuers_of: HashMap<&'static str, Vec<&'static str>>,
    issuers: HashSet<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut issuers_of: HashMap<_, Vec<_>> = HashMap::new();
    for (country, issuer) in rows() {
        issuers_of.entry(country).or_default().push(issuer);
    }
    Table { issuers_of, issuers: rows().map(|(_, issuer)| issuer).collect() }
});

/// The one form of a two-letter code under which certificates that belong together meet: capital letters, one name for
/// allies and for a country that changed its name.
pub fn canonical(country: &str) -> String {
    let country = country.to_ascii_uppercase();
    SAME.iter().find(|(from, _)| *from == country).map_or(country, |(_, to)| (*to).to_owned())
}

/// Whether certificates of these two countries belong together.
pub fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || canonical(one) == canonical(other)
}

/// Every pair of a country and an issuer that it signs for.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    // Two letters, three letters, a space after each: every row is as long as the others.
    let iso = (0..ISO.len()).step_by(7).filter_map(|at| Some((ISO.get(at..at + 2)?, ISO.get(at + 3..at + 6)?)));
    iso.chain(ALSO.iter().flat_map(|(country, issuers)| issuers.iter().map(|issuer| (*country, *issuer))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_country_has_one_row_of_iso_3166_and_every_issuer_is_one_of_doc_9303() {
        let pairs: BTreeSet<_> = rows().take(249).map(|(country, _)| country).collect();
        assert_eq!(pairs.len(), 249);
        for (country, issuer) in rows() {
            assert_eq!(country.len(), 2, "{country}");
            assert!(mrz::country_name(issuer).is_some() || issuer == "DEU", "{issuer}");
        }
    }

    #[test]
    fn a_country_signs_for_itself_and_for_those_in_its_row_alone() {
        for (country, issuer) in [
            ("VN", "VNM"),
            ("DE", "D<<"),
            ("de", "D"),
            ("GB", "GBD"),
            ("gb", "GBR"),
            ("BM", "BMU"),
            ("UN", "UNO"),
            ("EU", "EUE"),
            ("KS", "RKS"),
            ("CN", "CHN"),
            ("UT", "UTO"),
            ("ro", "ROU"),
            ("XO", "XOM"),
        ] {
            assert_eq!(signs_for(country, issuer), Some(true), "{country} {issuer}");
        }
        for (country, issuer) in [("DE", "FRA"), ("FR", "D<<"), ("US", "GBR"), ("UN", "EUE"), ("UT", "VNM")] {
            assert_eq!(signs_for(country, issuer), Some(false), "{country} {issuer}");
        }
        for (country, issuer) in [("DE", "QQQ"), ("QQ", "FRA"), ("", ""), ("D", "D")] {
            assert_eq!(signs_for(country, issuer), None, "{country} {issuer}");
        }
    }

    #[test]
    fn case_and_the_table_of_alliances_make_countries_the_same_and_nothing_else() {
        assert!(same("ro", "RO") && same("GB", "BM") && same("bm", "gb") && same("ZZ", "UN"));
        assert!(!same("DE", "FR") && !same("", "FR"));
    }
}
