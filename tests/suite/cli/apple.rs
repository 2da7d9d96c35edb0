//! An Apple over a socket for programs run by a shell, with a tap on the line.

use jiff::Timestamp;
use vpp::sandbox::{DeviceEvent, Happened, Options, Running, Sandbox, World};

use super::shell::Shell;
use crate::apply::tap::Tap;

pub(super) struct Apple {
    pub(super) sandbox: Sandbox,
    pub(super) tap: Tap,
    pub(super) running: Running,
    _runtime: tokio::runtime::Runtime,
}

/// The token of the one location of the quickstart.
pub(super) const TOKEN: &str = "VPP_TOKEN";

/// The moment, as the program has it: devices' answers are dated.
#[expect(clippy::disallowed_methods, reason = "programs that are run have no other clock")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

impl Apple {
    /// Serves the world of a shell's folder and tells the shell where and with which token.
    pub(super) fn of(shell: &mut Shell) -> Self {
        Self::with(shell, |_| ())
    }

    /// The same, behaving otherwise.
    pub(super) fn with(shell: &mut Shell, options: impl FnOnce(&mut Options)) -> Self {
        let text = shell.read("world.yaml");
        let apple = Self::serving(&text, options);
        for (name, uid) in apple.sandbox.locations() {
            let upper = name.to_ascii_uppercase().replace('-', "_");
            let token = apple.sandbox.token(&uid).unwrap();
            shell.set(&format!("{TOKEN}_{upper}"), &token);
            shell.set(TOKEN, &token);
        }
        shell.set("VPP_ENDPOINT", &apple.tap.url());
        shell.set("VPP_POLL_INTERVAL", "5ms");
        apple
    }

    fn serving(world: &str, change: impl FnOnce(&mut Options)) -> Self {
        let world: World = vpp::yaml::from_str(world).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut options = Options::at(now());
        change(&mut options);
        let sandbox = Sandbox::new(world, options).unwrap();
        let (running, tap) = runtime.block_on(async {
            let running = sandbox.start().await.unwrap();
            let url = running.url();
            let address = url.trim_start_matches("http://").split('/').next().unwrap();
            let tap = Tap::on(address.parse().unwrap()).await;
            (running, tap)
        });
        Self { sandbox, tap, running, _runtime: runtime }
    }

    /// Commands that were queued for devices.
    pub(super) fn commands(&self) -> usize {
        let queued = |event: &&DeviceEvent| event.what == Happened::Queued;
        self.sandbox.device_events().iter().filter(queued).count()
    }

    pub(super) fn posts(&self) -> usize {
        let asked = self.sandbox.requests();
        let posts = asked.iter().filter(|one| one.method != "GET").count();
        assert_eq!(posts, self.tap.posts().len());
        posts
    }
}
