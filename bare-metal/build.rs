//! Tells the linker where the program begins.
fn main() {
    println!("cargo:rustc-link-arg=--entry=start");
    println!("cargo:rustc-link-arg=--gc-sections");
}
