"""One installation from start to stop: what is started when, and what the person at the terminal is told.

Order: what takes long and needs nothing first (the models), then the stores, then the tables, then the web and beside
it the demo people. Knows nothing of Django but the names of its commands.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pixelated.supervise import processes
from pixelated.supervise.child import Child, ChildSpec
from pixelated.supervise.errors import AlreadyRunningError
from pixelated.supervise.postgres import EmbeddedPostgres
from pixelated.supervise.private_files import Claim, private_folder
from pixelated.supervise.redis import EmbeddedRedis
from pixelated.supervise.supervisor import Say, Step, StopAsked, Supervisor, Watched
from pixelated.supervise.surroundings import LOCK, leave_note, remove_note, starting_environment

SCRIPTED = "scripted"
WORKER = "worker"
_MODEL_LOADS_WITHIN_S = 45.0  # Later than that, the ready line comes without the worker and says so.


def run_installation(*, data_dir: Path, port: int, engine: str, say: Say) -> None:
    """Start everything, watch it, and stop it when asked to. Returns after a stop that was asked for.

    Raises:
        SuperviseError: with a sentence that says what is wrong; everything started is stopped.
    """
    private_folder(data_dir, mode=0o711)  # What is in it is closed; services of another account pass through.
    address = f"http://{processes.HOST}:{port}/"
    claim = _claim(data_dir, address)
    supervisor = Supervisor(say)
    try:
        processes.see_that_port_is_free(port)
        environment = starting_environment(data_dir, engine=engine)
        installation = Installation(data_dir, port, environment, supervisor)
        supervisor.listen()
        try:
            printed = installation.start()
            installation.say_ready(address, printed, say)
            supervisor.run()
        except StopAsked:
            pass
        finally:
            remove_note(data_dir)
            supervisor.stop_all()
            installation.let_go()
    finally:
        claim.release()


def _claim(data_dir: Path, address: str) -> Claim:
    try:
        claim = Claim(data_dir / LOCK)
    except AlreadyRunningError as error:
        raise AlreadyRunningError(
            f"Pixelated Empathy is already running on the data in {data_dir}: {error}\n"
            "Stop it with Ctrl-C where it runs, or start another with --data-dir and --port."
        ) from None
    claim.note(f"{address} (process {os.getpid()}).")
    return claim


@dataclass
class Installation:
    """What is being started; `environment` grows by the addresses of what we start ourselves."""

    data_dir: Path
    port: int
    environment: dict[str, str]
    supervisor: Supervisor
    _postgres: EmbeddedPostgres | None = field(default=None, init=False)
    _worker: Watched | None = field(default=None, init=False)
    _worker_port: int = field(default=0, init=False)

    def start(self) -> str:
        """Bring everything up until the web serves; what seeding printed (the log-in)."""
        fetching = self._begin_fetching()
        self._start_stores()
        leave_note(self.data_dir, self.environment)
        if fetching is not None and fetching.ended:  # As on every start but the first.
            fetching = self._begin_worker(fetching)
        self._migrate()
        web = self._begin(processes.web(self.port, environment=self.environment, log=self._log("web")))
        printed = self._seed()
        self.supervisor.wait(web)
        self._begin_celery()
        if fetching is not None:
            self._begin_worker(fetching)
        return printed

    def say_ready(self, address: str, printed: str, say: Say) -> None:
        """The line a person waits for; the model gets a while to be loaded before it."""
        loaded = self._worker is None or self.supervisor.wait(self._worker, at_most_s=_MODEL_LOADS_WITHIN_S)
        say(f"\nPixelated Empathy is ready: {address}")
        if printed.strip():
            say(printed.rstrip())
        if not loaded:
            say(
                f"The language model is not ready yet; clients cannot answer until it is. {self._log('worker')}"
            )
        say("Ctrl-C stops everything.\n")

    def let_go(self) -> None:
        if self._postgres is not None:
            self._postgres.stop()

    def _begin(self, spec: ChildSpec) -> Watched:
        return self.supervisor.begin(Child(spec))

    def _begin_celery(self) -> None:
        schedule = private_folder(self.data_dir / "beat") / "schedule"
        self._begin(processes.celery_worker(environment=self.environment, log=self._log("celery")))
        self._begin(processes.batch_worker(environment=self.environment, log=self._log("batches")))
        self._begin(processes.celery_beat(schedule, environment=self.environment, log=self._log("beat")))

    def _begin_fetching(self) -> Step | None:
        """See that the bundled models are there, beside everything else; None where no worker of ours is needed."""
        if self.environment["PIXELATED_ENGINE"] != WORKER or "INFERENCE_URL" in self.environment:
            return None
        self._worker_port = processes.free_port()
        self.environment["INFERENCE_URL"] = f"http://{processes.HOST}:{self._worker_port}"
        return self.supervisor.begin_step(
            "language models",
            (sys.executable, "-m", "inference", "models", "fetch", "default"),
            environment=processes.worker_environment(self.environment),
            folder=processes.ROOT,
            shown=True,
        )

    def _begin_worker(self, fetching: Step) -> None:
        self.supervisor.end_step(fetching, limit_s=1800)
        log = self._log("worker")
        spec = processes.inference_worker(self._worker_port, environment=self.environment, log=log)
        self._worker = self._begin(spec)

    def _start_stores(self) -> None:
        redis = postgres = None
        if "REDIS_URL" not in self.environment:
            server = EmbeddedRedis(self.data_dir / "redis", log=self._log("redis"))
            self.environment["REDIS_URL"] = server.url
            redis = self.supervisor.begin(server.child, store=True)
        if "DATABASE_URL" not in self.environment:
            self._postgres = EmbeddedPostgres(self.data_dir / "postgres", log=self._log("postgres"))
            self._postgres.claim()
            postgres = self.supervisor.begin(self._postgres.child, store=True)
        for store in (postgres, redis):
            if store is not None:
                self.supervisor.wait(store)
        if self._postgres is not None:
            addresses = self._postgres.bootstrap()
            self.environment["DATABASE_URL"] = addresses.app_url
            self.environment["DATABASE_OWNER_URL"] = addresses.owner_url

    def _migrate(self) -> None:
        command = ("migrate", "--verbosity", "0", "--no-input")
        self._manage("preparing the tables", command, self.environment, limit_s=300)

    def _seed(self) -> str:
        """Make the demo people where they are allowed; what was printed. Runs while the web starts."""
        if self.environment["PIXELATED_ENV"] == "production":
            return ""
        environment = processes.seeding_environment(self.environment)
        return self._manage("preparing the demo people and clients", ("seed",), environment, limit_s=120)

    def _manage(
        self, name: str, command: tuple[str, ...], environment: Mapping[str, str], *, limit_s: float
    ) -> str:
        argv = (sys.executable, "manage.py", *command)
        step = self.supervisor.begin_step(name, argv, environment=environment, folder=processes.ROOT)
        return self.supervisor.end_step(step, limit_s=limit_s)

    def _log(self, name: str) -> Path:
        return private_folder(self.data_dir / "log") / f"{name}.log"
