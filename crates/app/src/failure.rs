//! Why a command ends without success, and the exit code that says so.

use std::process::ExitCode;

/// An error that is the caller's: a value that cannot be, a combination that makes no sense. Exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub String);

/// Ended by Ctrl-C after everything was written. Exit code 130, as shells count SIGINT.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub(crate) struct Interrupted;

/// The exit code of a program that was run for the caller, or why it was not: everything was said already.
#[derive(Debug, thiserror::Error)]
#[error("the program ended with {0}")]
pub(crate) struct Ended(pub u8);

/// A reader that closed the pipe early (`ramscope history | head`): the end of the work, not an error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// The exit code of an outcome, and what a person should read on stderr.
pub(crate) fn verdict(outcome: anyhow::Result<()>) -> (ExitCode, Option<String>) {
    let Err(error) = outcome else { return (ExitCode::SUCCESS, None) };
    if is_closed_pipe(&error) {
        (ExitCode::SUCCESS, None)
    } else if let Some(Ended(code)) = error.downcast_ref::<Ended>() {
        (ExitCode::from(*code), None)
    } else if error.is::<Interrupted>() {
        (ExitCode::from(130), None)
    } else if error.is::<Usage>() {
        (ExitCode::from(2), Some(format!("{error:#}")))
    } else {
        (ExitCode::FAILURE, Some(format!("{error:#}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_end_has_its_exit_code() {
        let code = |outcome| format!("{:?}", verdict(outcome).0);
        assert_eq!(code(Ok(())), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(Err(Usage("no".into()).into())), format!("{:?}", ExitCode::from(2)));
        assert_eq!(code(Err(Interrupted.into())), format!("{:?}", ExitCode::from(130)));
        assert_eq!(code(Err(anyhow::anyhow!("disk"))), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(code(Err(Ended(139).into())), format!("{:?}", ExitCode::from(139)));
        let closed = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(code(Err(closed.into())), format!("{:?}", ExitCode::SUCCESS));
    }
}
