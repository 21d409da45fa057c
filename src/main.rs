//! The command line of cloudtrail2parquet.

mod cli;

#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> cli::Exit {
    cli::main()
}
