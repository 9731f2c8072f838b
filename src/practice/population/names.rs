//! Names of the nations that most foreigners in Viet Nam come from, the common ones ahead, and the ways in which their
//! passports spell one name differently.

/// A nation, its names, and how its names vary.
pub(super) struct Nation {
    /// Code of Doc 9303-3 section 5.
    pub(super) code: &'static str,
    /// How many of a hundred people are of it.
    pub(super) share: u32,
    /// Family names; "" a person with a single name. "Ivanov|Ivanova" gives the men's and the women's form.
    pub(super) families: &'static [&'static str],
    /// Given names of women, or their first syllables.
    pub(super) women: &'static [&'static str],
    /// The same of men.
    pub(super) men: &'static [&'static str],
    /// Second syllables; without any, given names stand as they are, some of two words.
    pub(super) second: &'static [&'static str],
    /// What stands between two syllables.
    pub(super) between: &'static str,
    /// Spellings that passports have for the same sounds, one way and the other.
    pub(super) spellings: &'static [(&'static str, &'static str)],
}

const SLAVIC: &[(&str, &str)] = &[
    ("Iu", "Yu"),
    ("iu", "yu"),
    ("ii", "iy"),
    ("ia", "ya"),
    ("ei", "ey"),
    ("ks", "x"),
    ("Ekat", "Yekat"),
    ("kh", "h"),
    ("Evg", "Yevg"),
    ("ov", "off"),
    ("shch", "sch"),
];
const KOREAN: &[(&str, &str)] = &[
    ("Lee", "Yi"),
    ("Park", "Pak"),
    ("Choi", "Choe"),
    ("Jung", "Jeong"),
    ("Kang", "Gang"),
    ("Yoon", "Yun"),
    ("Lim", "Im"),
    ("eo", "u"),
    ("eu", "u"),
    ("Ji", "Jee"),
    ("hy", "h"),
    ("young", "yeong"),
    ("Young", "Yeong"),
    ("hee", "hui"),
];
const JAPANESE: &[(&str, &str)] = &[("ou", "o"), ("Oo", "Oh"), ("uu", "u"), ("oo", "o"), ("ou", "oh"), ("n'i", "ni")];
const CHINESE: &[(&str, &str)] =
    &[("X", "Hs"), ("Zh", "Ch"), ("x", "hs"), ("zh", "ch"), ("ü", "u"), ("Q", "Ch"), ("q", "ch")];
const INDIAN: &[(&str, &str)] = &[
    ("ee", "i"),
    ("oo", "u"),
    ("ksh", "x"),
    ("sh", "s"),
    ("th", "t"),
    ("v", "w"),
    ("aa", "a"),
    ("dh", "d"),
    ("ou", "ow"),
];
const WESTERN: &[(&str, &str)] =
    &[("ü", "ue"), ("ö", "oe"), ("ä", "ae"), ("ø", "oe"), ("å", "aa"), ("ß", "ss"), ("Mac", "Mc"), ("ph", "f")];

/// Where people come from. The shares follow the order of size that is known, not exact counts.
#[rustfmt::skip]
pub(super) const NATIONS: &[Nation] = &[
    Nation { code: "CHN", share: 24, families: &["Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Huang", "Zhao", "Wu", "Zhou", "Xu", "Sun", "Ma", "Zhu", "Hu", "Guo", "He", "Lin", "Gao", "Luo", "Zheng", "Liang", "Xie", "Song", "Tang", "Deng", "Han", "Feng", "Cao", "Peng", "Xiao", "Ouyang", "Lü", "Jiang", "Cai"],
        women: &["Xiao", "Mei", "Li", "Yu", "Yan", "Jing", "Hui", "Fang", "Xue", "Ying", "Na", "Juan", "Hong", "Lan", "Qing", "Shu"], men: &["Wei", "Jian", "Zhi", "Jun", "Guo", "Ming", "Hai", "Xiao", "De", "Yong", "Hao", "Bo", "Zhong", "Wen", "Yi", "Jia"],
        second: &["", "", "mei", "li", "hua", "ping", "jun", "lin", "qiang", "yan", "feng", "hong", "guo", "xin", "long", "ying", "ling", "ming", "jie", "tao", "peng", "rong"], between: "", spellings: CHINESE },
    Nation { code: "KOR", share: 22, families: &["Kim", "Lee", "Park", "Choi", "Jung", "Kang", "Cho", "Yoon", "Jang", "Lim", "Han", "Oh", "Seo", "Shin", "Kwon", "Hwang", "Ahn", "Song", "Ryu", "Hong", "Jeon", "Ko", "Moon", "Son", "Yang", "Bae"],
        women: &["Ji", "Seo", "Ha", "Min", "Soo", "Eun", "Hye", "Yu", "Mi", "Kyung", "Young", "Da", "Chae", "Bo", "Sun", "Hyun"], men: &["Min", "Seo", "Do", "Ji", "Hyun", "Jun", "Sung", "Dong", "Young", "Sang", "Jae", "Tae", "Woo", "Kyung", "Seung", "Gun"],
        second: &["woo", "jun", "yeon", "eun", "ho", "young", "soo", "hee", "min", "jin", "hyun", "won", "seok", "ah", "rin", "kyu", "ji", "sook", "yoon", "hwan"], between: " ", spellings: KOREAN },
    Nation { code: "TWN", share: 10, families: &["Chen", "Lin", "Huang", "Chang", "Lee", "Wang", "Wu", "Liu", "Tsai", "Yang", "Hsu", "Cheng", "Hsieh", "Kuo", "Hung", "Chiu", "Tseng", "Liao", "Lai", "Chou", "Yeh", "Su", "Chuang", "Chiang", "Lu"],
        women: &["Shu", "Mei", "Ya", "Hsiao", "Yi", "Li", "Chia", "Pei", "Hui", "Yu", "Wan", "Ching"], men: &["Chih", "Chun", "Chien", "Ming", "Kuo", "Wen", "Chia", "Cheng", "Tsung", "Po", "Yu", "Hung"],
        second: &["fen", "ling", "hui", "ting", "chun", "ming", "hao", "wei", "hung", "yu", "chen", "lin", "chieh", "han", "jung", "liang", "ping"], between: "-", spellings: &[("Hs", "X"), ("hs", "x"), ("Ts", "C"), ("Ch", "Zh"), ("Ku", "Gu")] },
    Nation { code: "JPN", share: 11, families: &["Sato", "Suzuki", "Takahashi", "Tanaka", "Itou", "Watanabe", "Yamamoto", "Nakamura", "Kobayashi", "Katou", "Yoshida", "Yamada", "Sasaki", "Yamaguchi", "Matsumoto", "Inoue", "Kimura", "Hayashi", "Shimizu", "Saitou", "Oono", "Mori", "Abe", "Ikeda", "Hashimoto", "Ishikawa", "Goto", "Endou", "Okada", "Ootani"],
        women: &["Yui", "Sakura", "Mio", "Haruka", "Yuuko", "Aoi", "Keiko", "Youko", "Akiko", "Naomi", "Emi", "Kaori", "Tomoko", "Mayumi", "Yuki", "Shiori", "Rina", "Misaki"], men: &["Haruto", "Jun'ichi", "Ren", "Kenji", "Hiroshi", "Takashi", "Yuuki", "Shouta", "Kazuo", "Satoshi", "Daisuke", "Kouji", "Akira", "Makoto", "Ryouta", "Shin'ya", "Naoki", "Tetsuya"],
        second: &[], between: "", spellings: JAPANESE },
    Nation { code: "IND", share: 8, families: &["", "Sharma", "Singh", "Kumar", "Patel", "Gupta", "Reddy", "Nair", "Venkatanarasimharajuvaripeta", "Iyer", "Das", "Agarwal", "Joshi", "Mehta", "Chatterjee", "Mukherjee", "Rao", "Pillai", "Verma", "Mishra", "Krishnamurthy", "Subramaniam"],
        women: &["Priya", "Lakshmi", "Ananya", "Deepa", "Kavitha", "Sunitha", "Pooja", "Meenakshi", "Shanthi", "Divya", "Neha", "Asha Rani", "Swathi"], men: &["Ramasubbu", "Arjun", "Deepak", "Rajesh", "Suresh", "Vijay", "Sanjay", "Anil", "Venkatesh", "Manoj", "Karthik", "Prakash", "Mohan", "Rakesh Kumar", "Thiruvananthapuram Subramaniam"],
        second: &[], between: "", spellings: INDIAN },
    Nation { code: "RUS", share: 6, families: &["Ivanov|Ivanova", "Smirnov|Smirnova", "Kuznetsov|Kuznetsova", "Popov|Popova", "Vasilev|Vasileva", "Petrov|Petrova", "Sokolov|Sokolova", "Mikhailov|Mikhailova", "Fedorov|Fedorova", "Morozov|Morozova", "Volkov|Volkova", "Zakharov|Zakharova", "Rimskii|Rimskaia", "Shcherbakov|Shcherbakova", "Zaitsev|Zaitseva", "Egorov|Egorova"],
        women: &["Ekaterina", "Olga", "Anastasiia", "Tatiana", "Elena", "Natalia", "Mariia", "Iuliia", "Kseniia", "Svetlana", "Irina", "Evgeniia"], men: &["Aleksandr", "Dmitrii", "Iurii", "Sergei", "Andrei", "Aleksei", "Maksim", "Evgenii", "Nikolai", "Mikhail", "Vladimir", "Ilia"],
        second: &[], between: "", spellings: SLAVIC },
    Nation { code: "USA", share: 6, families: &["Smith", "Johnson", "Williams", "Brown", "Jones", "García", "Miller", "Davis", "Rodríguez", "Martínez", "Nguyen", "Tran", "Anderson", "D'Angelo", "MacDonald", "Washington", "Thompson", "Clark", "Lee", "Pham", "O'Brien", "Murphy"],
        women: &["Emma", "Mary Lou", "Ashley", "Jennifer Ann", "Jessica", "Sarah Jane", "Emily", "Linda", "Elizabeth Rose", "Thi Lan", "Thuy", "Stephanie"], men: &["Liam", "José", "John Henry", "Michael James", "David", "Christopher", "Robert Lee", "William", "Stephen", "Van Duc", "Minh", "Thomas Edward"],
        second: &[], between: "", spellings: WESTERN },
    Nation { code: "D", share: 3, families: &["Müller", "Schmidt", "Schneider", "Schröder", "Weiß", "Jäger", "Köhler", "Böhm", "Krüger", "von der Heide-Größ", "Schäfer", "Bauer"], women: &["Käthe", "Anna-Lena", "Zoë", "Jürgine", "Sabine", "Ursula", "Marie Luise"], men: &["Jürgen", "Jörg", "Karl-Heinz", "Günther", "Stefan", "Björn", "Hans Peter"], second: &[], between: "", spellings: WESTERN },
    Nation { code: "FRA", share: 3, families: &["Lefèvre", "Dubois", "L'Hôpital", "Châtelet", "Benoît", "Gérard", "Rousseau", "Nguyen", "Moreau", "Lefranc de Pompignan"], women: &["Élodie", "Anne-Françoise", "Maëlle", "Chloé", "Hélène", "Marie Thérèse"], men: &["Jérôme", "François-Xavier", "Noël", "Stéphane", "René", "Jean Philippe"], second: &[], between: "", spellings: WESTERN },
    Nation { code: "IDN", share: 2, families: &["", "", "", "Wijaya", "Hutapea", "Simanjuntak"], women: &["Kartini", "Dewi Lestari", "Siti Nurhaliza", "Sri Wahyuni", "Ratna Sari"], men: &["Sutrisno", "Budi Santoso", "Agus Salim", "Suharto", "Joko Widodo Putra"], second: &[], between: "", spellings: &[("u", "oe"), ("j", "dj"), ("y", "j")] },
    Nation { code: "MMR", share: 1, families: &[""], women: &["Daw Khin Hla", "Su Su Lwin", "Ei Phyu", "Thida"], men: &["Aung Kyaw Moe", "U Hla Tin", "Zaw", "Thant Zin Oo"], second: &[], between: "", spellings: &[("oo", "u"), ("aw", "or")] },
    Nation { code: "LKA", share: 1, families: &["Wanniarachchige", "Warnakulasuriya Patabendige Ushantha Joseph", "Perera", "Fernandopulle"], women: &["Dilhani Chathurika", "Kumudini Nadeesha", "Sanduni"], men: &["Chaminda Ruwan", "Muthiah", "Kankanamalage Don Nuwan Pradeep"], second: &[], between: "", spellings: INDIAN },
    Nation { code: "THA", share: 2, families: &["Charoenpattanasirikul", "Wongsawatdichai", "Srisai", "Phattharaphongsakul"], women: &["Chananchida", "Malee", "Suphansa", "Kanyarat"], men: &["Somchai", "Phattharaphong", "Kittisak", "Nattapong"], second: &[], between: "", spellings: &[("ph", "p"), ("th", "t"), ("ee", "i")] },
    Nation { code: "UKR", share: 1, families: &["Shevchenko", "Kovalenko", "Bondarenko", "Tkachenko"], women: &["Oksana", "Yuliia", "Sofiia"], men: &["Oleksandr", "Andrii", "Taras", "Serhii"], second: &[], between: "", spellings: SLAVIC },
];
