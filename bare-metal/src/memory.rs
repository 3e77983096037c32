//! The heap: an arena that is used up from the front, and whose last piece can be given back.
//!
//! Enough to measure with. A real port brings its system's allocator.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;

const SIZE: usize = 256 * 1024;

struct Arena {
    octets: UnsafeCell<[u8; SIZE]>,
    used: UnsafeCell<usize>,
}

// SAFETY: the board has one core and no interrupt that allocates.
unsafe impl Sync for Arena {}

// SAFETY: each piece lies behind the one before, aligned, within the arena.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: nobody else is here, see above.
        unsafe {
            let used = &mut *self.used.get();
            let begin = used.next_multiple_of(layout.align());
            if begin + layout.size() > SIZE {
                return core::ptr::null_mut();
            }
            *used = begin + layout.size();
            self.octets.get().cast::<u8>().add(begin)
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: as above; the piece came from this arena.
        unsafe {
            let begin = piece.offset_from(self.octets.get().cast::<u8>()) as usize;
            if begin + layout.size() == *self.used.get() {
                *self.used.get() = begin;
            }
        }
    }
}

#[global_allocator]
static ARENA: Arena = Arena { octets: UnsafeCell::new([0; SIZE]), used: UnsafeCell::new(0) };

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
