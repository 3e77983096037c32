//! An HTTP answer: read or refused within its bounds, and the same however the network cuts it.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use uplink::http::{HttpFailure, MOST_BODY, Malformed, Response, read_response};

struct Cut<'a>(&'a [u8], usize);

impl Read for Cut<'_> {
    fn read(&mut self, octets: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(self.0.len()).min(octets.len());
        octets[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn read(octets: &[u8], step: usize) -> Result<Response, Malformed> {
    read_response(&mut Cut(octets, step)).map_err(|failure| match failure {
        HttpFailure::Malformed(malformed) => malformed,
        HttpFailure::Io(error) => panic!("{error}"),
    })
}

fuzz_target!(|octets: &[u8]| {
    let (whole, by_ones) = (read(octets, 4096), read(octets, 1));
    match (whole, by_ones) {
        // What is beyond the end is seen or not, depending on the cut.
        (Err(Malformed::Surplus), Ok(_) | Err(_)) => {}
        (whole, by_ones) => {
            assert_eq!(whole.is_ok(), by_ones.is_ok());
            if let (Ok(whole), Ok(by_ones)) = (whole, by_ones) {
                assert_eq!(whole, by_ones);
                assert!(whole.body.len() <= MOST_BODY && (100..600).contains(&whole.head.status));
            }
        }
    }
});
