//! Networks from which people call, as far as they are counted together.

use std::fmt;
use std::net::IpAddr;

use super::text::Malformed;

const WRONG: Malformed = Malformed::new(
    "Not an IP address. Send the address from which the app called, or nothing.",
    "Không phải địa chỉ IP. Hãy gửi địa chỉ mà ứng dụng đã gọi đến, hoặc để trống.",
);

/// The network of an address: the /24 of IPv4, the /48 of IPv6. Who has one address of it can have the others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SourceNetwork([u8; 6]);

impl SourceNetwork {
    /// The network of an address in its usual notation.
    ///
    /// # Errors
    /// If it is no address.
    pub fn parse(address: &str) -> Result<Self, Malformed> {
        let address: IpAddr = address.trim().parse().map_err(|_| WRONG)?;
        Ok(match address.to_canonical() {
            // Mapped into the range in which no IPv6 network lies.
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                Self([0, 0, 4, a, b, c])
            }
            IpAddr::V6(v6) => {
                let mut head = [0; 6];
                head.iter_mut().zip(v6.octets()).for_each(|(to, from)| *to = from);
                Self(head)
            }
        })
    }

    /// The bytes that tell it from every other.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// It says where somebody is.
impl fmt::Debug for SourceNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceNetwork(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> SourceNetwork {
        SourceNetwork::parse(address).unwrap()
    }

    #[test]
    fn addresses_of_one_network_are_counted_together_and_others_apart() {
        assert_eq!(network("203.0.113.7"), network("203.0.113.250"));
        assert_eq!(network("203.0.113.7"), network("::ffff:203.0.113.8"), "the same address in the other notation");
        assert_ne!(network("203.0.113.7"), network("203.0.114.7"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:ffff::2"));
        assert_ne!(network("2001:db8:1::1"), network("2001:db8:2::1"));
        assert_ne!(network("0.0.0.0"), network("::"));
        assert_eq!(format!("{:?}", network("203.0.113.7")), "SourceNetwork(…)");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["", "203.0.113", "203.0.113.7:80", "example.com", "2001:db8::/48"] {
            assert!(SourceNetwork::parse(wrong).is_err(), "{wrong}");
        }
    }
}
