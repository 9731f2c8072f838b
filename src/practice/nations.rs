//! Names as passports of many nations print them: one word or ten, hyphens, apostrophes, letters with marks.
//!
//! Every letter here has a place in Doc 9303-3 section 6, so that the machine readable zone can carry it.

/// A nation and the names it lends to practice applicants.
pub(super) struct Nation {
    /// Code of Doc 9303-3 section 5.
    pub(super) code: &'static str,
    /// English name.
    pub(super) name: &'static str,
    /// Language in which its people read a consent, a BCP 47 tag.
    pub(super) language: &'static str,
    /// Family names. "Novák|Nováková" gives the men's and the women's form, "" a person with a single name.
    families: &'static [&'static str],
    women: &'static [&'static str],
    men: &'static [&'static str],
}

/// A name as the visual zone spells it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) family: String,
    pub(super) given: String,
}

impl Name {
    /// The two identifiers of the machine readable zone. A single name is the primary one, wherever it was typed.
    pub(super) fn identifiers(&self) -> (&str, &str) {
        if self.family.is_empty() { (&self.given, "") } else { (&self.family, &self.given) }
    }

    /// The name in the order in which it is spoken in the West.
    pub(super) fn spoken(&self) -> String {
        format!("{} {}", self.given, self.family).trim().to_owned()
    }
}

impl Nation {
    pub(super) fn families(&self) -> &'static [&'static str] {
        self.families
    }

    pub(super) fn given_names(&self, woman: bool) -> &'static [&'static str] {
        if woman { self.women } else { self.men }
    }

    /// The form of a family name that fits the person.
    pub(super) fn family(entry: &'static str, woman: bool) -> &'static str {
        match entry.split_once('|') {
            Some((_, women)) if woman => women,
            Some((men, _)) => men,
            None => entry,
        }
    }
}

const fn nation(
    (code, name, language): (&'static str, &'static str, &'static str),
    families: &'static [&'static str],
    women: &'static [&'static str],
    men: &'static [&'static str],
) -> Nation {
    Nation { code, name, language, families, women, men }
}

/// The nation of the published specimen.
pub(super) const UTOPIAN: Nation = nation(("UTO", "Utopia", "en"), &["Eriksson"], &["Anna Maria"], &["Per Anders"]);

/// Where practice applicants come from.
#[rustfmt::skip]
pub(super) const NATIONS: &[Nation] = &[
    nation(("KOR", "Korea", "ko"), &["Kim", "Lee", "Park", "Choi", "Jeong"], &["Ji Woo", "Seo-yeon", "Ha Eun"], &["Min Jun", "Seo-jun", "Do Yoon"]),
    nation(("CHN", "China", "zh"), &["Wang", "Li", "Zhang", "Ouyang", "Lü"], &["Xiaomei", "Yan", "Shuang'er"], &["Wei", "Jianguo", "Xi'an"]),
    nation(("JPN", "Japan", "ja"), &["Sato", "Suzuki", "Takahashi", "Oono", "Itou"], &["Yui", "Sakura", "Mio"], &["Haruto", "Jun'ichi", "Ren"]),
    nation(("D", "Germany", "de"), &["Müller", "Schröder", "Weiß", "von der Heide-Größ"], &["Käthe", "Anna-Lena", "Zoë"], &["Jürgen", "Jörg", "Karl-Heinz"]),
    nation(("FRA", "France", "fr"), &["Lefèvre", "Dubois", "L'Hôpital", "Châtelet"], &["Élodie", "Anne-Françoise", "Maëlle"], &["Jérôme", "François-Xavier", "Noël"]),
    nation(("GBR", "United Kingdom", "en"), &["Smith", "Fotheringay-Phipps", "O'Neill", "Jones"], &["Olivia", "Mary Jane", "Siân"], &["George", "Rhys Llewellyn", "Oliver"]),
    nation(("IRL", "Ireland", "en"), &["O'Brien", "Ó Súilleabháin", "Murphy"], &["Aoife", "Sinéad", "Niamh"], &["Seán", "Pádraig", "Conor"]),
    nation(("USA", "United States", "en"), &["Johnson", "García", "D'Angelo", "Washington"], &["Emma", "Mary-Lou", "Ashley"], &["Liam", "José", "John Henry"]),
    nation(("CAN", "Canada", "en"), &["Tremblay", "MacDonald", "Côté"], &["Geneviève", "Emily", "Chloé"], &["Étienne", "Noah", "Luc-André"]),
    nation(("AUS", "Australia", "en"), &["Williams", "Nguyen", "Taylor"], &["Charlotte", "Matilda", "Ruby"], &["Jack", "Lachlan", "William"]),
    nation(("NZL", "New Zealand", "en"), &["Wilson", "Te Whāiti", "Ngata"], &["Aroha", "Isla", "Mārama"], &["Tāne", "Hunter", "Wiremu"]),
    nation(("RUS", "Russia", "ru"), &["Ivanov|Ivanova", "Smirnov|Smirnova", "Rimskii-Korsakov|Rimskaia-Korsakova"], &["Ekaterina", "Olga", "Anastasiia"], &["Aleksandr", "Dmitrii", "Iurii"]),
    nation(("UKR", "Ukraine", "uk"), &["Shevchenko", "Kovalenko", "Bondarenko"], &["Oksana", "Yuliia", "Sofiia"], &["Oleksandr", "Andrii", "Taras"]),
    nation(("POL", "Poland", "pl"), &["Kowalski|Kowalczyk-Łęcka", "Wójcik", "Brzęczyszczykiewicz", "Żółtowski|Żółtowska"], &["Małgorzata", "Zofia", "Żaneta"], &["Grzegorz", "Łukasz", "Stanisław"]),
    nation(("CZE", "Czechia", "cs"), &["Novák|Nováková", "Dvořák|Dvořáková", "Říha|Říhová"], &["Božena", "Tereza", "Anežka"], &["Jiří", "Václav", "Zdeněk"]),
    nation(("SRB", "Serbia", "sr"), &["Đorđević", "Jovanović", "Živković"], &["Milica", "Đurđa", "Jelena"], &["Đorđe", "Nemanja", "Miloš"]),
    nation(("HUN", "Hungary", "hu"), &["Nagy", "Szőke", "Kovács-Fűrész"], &["Réka", "Ágnes", "Eszter"], &["Győző", "Bence", "László"]),
    nation(("ROU", "Romania", "ro"), &["Popescu", "Brâncoveanu", "Dănilă"], &["Ioana", "Măriuca", "Elena"], &["Andrei", "Călin", "Mihai"]),
    nation(("GRC", "Greece", "el"), &["Papadopoulos|Papadopoulou", "Papathanasopoulos|Papathanasopoulou"], &["Eleni", "Aikaterini", "Sofia"], &["Georgios", "Konstantinos Panagiotis", "Ioannis"]),
    nation(("ITA", "Italy", "it"), &["Rossi", "D'Amico", "Dell'Acqua"], &["Giulia", "Maria Assunta", "Niccolò Maria"], &["Leonardo", "Niccolò", "Gian Luca"]),
    nation(("ESP", "Spain", "es"), &["García Márquez", "Núñez de Balboa y Fernández de Córdoba", "Ibáñez"], &["María del Carmen", "Begoña", "Lucía"], &["José", "Íñigo", "Francisco Javier"]),
    nation(("PRT", "Portugal", "pt"), &["Conceição", "Silva e Sousa", "Guimarães"], &["Inês", "Maria João", "Conceição"], &["João", "Simão", "Gonçalo"]),
    nation(("BRA", "Brazil", "pt"), &["Gonçalves dos Santos de Albuquerque Cavalcanti", "Silva", "Araújo"], &["Ana Luíza", "Conceição", "Beatriz"], &["Antônio Carlos", "Luís", "Thiago"]),
    nation(("MEX", "Mexico", "es"), &["Hernández Peña", "Ramírez", "Ordóñez"], &["Guadalupe", "Ximena", "María José"], &["José", "Ángel", "Jesús María"]),
    nation(("NLD", "Netherlands", "nl"), &["van den Berg", "de Vries", "'t Hooft"], &["Sanne", "Anouk", "Fleur"], &["Daan", "Thijs", "Jan-Willem"]),
    nation(("SWE", "Sweden", "sv"), &["Åkesson", "Öberg", "Sjöström"], &["Åsa", "Märta", "Ebba"], &["Björn", "Göran", "Åke"]),
    nation(("NOR", "Norway", "nb"), &["Sørensen", "Ødegård", "Hansen"], &["Ingrid", "Åshild", "Sølvi"], &["Bjørn", "Håkon", "Øyvind"]),
    nation(("DNK", "Denmark", "da"), &["Kjær", "Nørgaard", "Jensen"], &["Søs", "Freja", "Ærla"], &["Søren", "Jørgen", "Rasmus"]),
    nation(("ISL", "Iceland", "is"), &["Þorsteinsson|Þorsteinsdóttir", "Guðmundsson|Guðmundsdóttir"], &["Sigríður", "Þóra", "Björk"], &["Þór", "Guðni", "Örn"]),
    nation(("FIN", "Finland", "fi"), &["Hämäläinen", "Mäkinen", "Korhonen"], &["Päivi", "Aino", "Hellä"], &["Väinö", "Jyrki", "Eero"]),
    nation(("TUR", "Türkiye", "tr"), &["Yılmaz", "Şahin", "Çağlayan"], &["Ayşe", "Gülşah", "İpek"], &["Oğuz", "İbrahim", "Çağrı"]),
    nation(("IND", "India", "en"), &["", "Sharma", "Venkatanarasimharajuvaripeta", "Patel"], &["Priya", "Lakshmi", "Ananya"], &["Ramasubbu", "Arjun", "Thiruvananthapuram Subramaniam"]),
    nation(("LKA", "Sri Lanka", "si"), &["Wanniarachchige", "Warnakulasuriya Patabendige Ushantha Joseph", "Perera"], &["Dilhani", "Kumudini Nadeesha", "Sanduni"], &["Chaminda", "Muthiah", "Kankanamalage Don"]),
    nation(("THA", "Thailand", "th"), &["Charoenpattanasirikul", "Wongsawatdichai", "Srisai"], &["Chananchida", "Malee", "Suphansa"], &["Somchai", "Phattharaphong", "Kittisak"]),
    nation(("MMR", "Myanmar", "my"), &[""], &["Daw Khin Hla", "Su Su", "Ei Phyu"], &["Aung Kyaw Moe", "U Hla Tin", "Zaw"]),
    nation(("IDN", "Indonesia", "id"), &["", "", "Wijaya", "Hutapea"], &["Kartini", "Dewi", "Siti Nurhaliza"], &["Sutrisno", "Budi", "Agus"]),
    nation(("PHL", "Philippines", "en"), &["Dela Cruz", "Macaraeg", "Peñafrancia"], &["Maria Cristina", "Jasmine", "Luzviminda"], &["Juan", "Ferdinand", "José Mari"]),
    nation(("MYS", "Malaysia", "ms"), &["Tan", "", "Lim"], &["Nurul Ain binti Abdullah", "Mei Ling", "Siti"], &["Ahmad bin Ismail", "Boon Keat", "Subramaniam a/l Muthusamy"]),
    nation(("SGP", "Singapore", "en"), &["Lim", "Goh", "Ng"], &["Hui Min", "Priscilla", "Xin Yi"], &["Wei Jie", "Kok Leong", "Darren"]),
    nation(("LAO", "Laos", "lo"), &["Phommachanh", "Sayavong", "Keomanivong"], &["Bounmy", "Khamla", "Noy"], &["Somphone", "Khamtai", "Thongloun"]),
    nation(("KHM", "Cambodia", "km"), &["Sok", "Chea", "Pich"], &["Sreymom", "Bopha", "Kunthea"], &["Sopheap", "Vannak", "Rithy"]),
    nation(("NGA", "Nigeria", "en"), &["Okonkwo", "Adébáyò", "Ogunbanjo"], &["Ngozi", "Fúnmiláyò", "Chiamaka"], &["Chukwuemeka", "Olúwaseun", "Emeka"]),
    nation(("SEN", "Senegal", "fr"), &["N'Diaye", "Diop", "M'Baye"], &["Aïssatou", "Fatou", "Mariéme"], &["Ousmane", "Mamadou", "El Hadji"]),
    nation(("EGY", "Egypt", "ar"), &["Abdelrahman Mohamed Elsayed Abdelghaffar", "Mansour", "Hassan"], &["Yasmine", "Nour Eldin", "Fatma"], &["Mohamed Ahmed", "Karim", "Youssef"]),
    nation(("MDG", "Madagascar", "mg"), &["Andrianampoinimerinatompokoindrindra", "Rakotomalala"], &["Voahangy", "Lalao", "Hanitra"], &["Rivo", "Andry", "Haja"]),
    nation(("UTO", "Utopia", "en"), &["Eriksson", "Nusquam", "Hythloday"], &["Anna", "Margaret", "Utopia"], &["Raphael", "Thomas", "Per"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> impl Iterator<Item = &'static str> {
        NATIONS.iter().flat_map(|n| n.families.iter().chain(n.women).chain(n.men)).flat_map(|entry| entry.split('|'))
    }

    #[test]
    fn people_come_from_at_least_thirty_nations_that_doc_9303_knows() {
        let codes: std::collections::HashSet<_> = NATIONS.iter().map(|nation| nation.code).collect();
        assert!(codes.len() >= 30 && codes.len() == NATIONS.len(), "{}", codes.len());
        assert!(codes.iter().all(|code| mrz::country_name(code).is_some()));
    }

    #[test]
    fn the_zone_has_a_spelling_for_every_letter() {
        for name in names() {
            for letter in name.chars().filter(|c| c.is_alphabetic()) {
                assert!(!mrz::encode_name_component(&letter.to_string()).is_empty(), "{letter} in {name}");
            }
        }
    }

    #[test]
    fn some_names_are_too_long_for_the_zone_and_none_for_the_form() {
        assert!(names().any(|name| mrz::encode_name_component(name).len() > 36));
        assert!(names().all(|name| name.chars().count() <= 100));
    }
}
