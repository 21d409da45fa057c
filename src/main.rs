//! The command line of cloudtrail2parquet.

mod cli;

fn main() -> cli::Exit {
    cli::main()
}
