"""One installation from start to stop: what is started when, and what the person at the terminal is told.

Order: what takes long and needs nothing first (the model), then the stores, then the tables and the demo people,
then the web. Knows nothing of Django but the names of its commands.
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
from pixelated.supervise.supervisor import Say, StopAsked, Supervisor, Watched
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

    def start(self) -> str:
        """Bring everything up until the web serves; what seeding printed (the log-in)."""
        if self.environment["PIXELATED_ENGINE"] == WORKER and "INFERENCE_URL" not in self.environment:
            self._begin_worker()
        self._start_stores()
        leave_note(self.data_dir, self.environment)
        printed = self._prepare_tables()
        environment = self.environment
        web = self._begin(processes.web(self.port, environment=environment, log=self._log("web")))
        self._begin(processes.celery_worker(environment=environment, log=self._log("celery")))
        schedule = private_folder(self.data_dir / "beat") / "schedule"
        self._begin(processes.celery_beat(schedule, environment=environment, log=self._log("beat")))
        self.supervisor.wait(web)
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

    def _begin_worker(self) -> None:
        """Fetch the bundled models where they are not there (the longest part of a first start), then the worker."""
        fetch = (sys.executable, "-m", "inference", "models", "fetch", "default")
        environment = processes.worker_environment(self.environment)
        self._step("language models", fetch, environment, limit_s=1800, shown=True)
        port = processes.free_port()
        self.environment["INFERENCE_URL"] = f"http://{processes.HOST}:{port}"
        log = self._log("worker")
        self._worker = self._begin(processes.inference_worker(port, environment=self.environment, log=log))

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

    def _prepare_tables(self) -> str:
        """Migrate as the owner, then make the demo people where they are allowed; what seeding printed."""
        command = (sys.executable, "manage.py")
        migrate = (*command, "migrate", "--verbosity", "0", "--no-input")
        self._step("preparing the tables", migrate, self.environment, limit_s=300)
        if self.environment["PIXELATED_ENV"] == "production":
            return ""
        seeding = {name: value for name, value in self.environment.items() if name != "DATABASE_OWNER_URL"}
        return self._step("preparing the demo people and clients", (*command, "seed"), seeding, limit_s=120)

    def _step(
        self,
        name: str,
        argv: tuple[str, ...],
        environment: Mapping[str, str],
        *,
        limit_s: float,
        shown: bool = False,
    ) -> str:
        return self.supervisor.step(
            name, argv, environment=environment, folder=processes.ROOT, limit_s=limit_s, shown=shown
        )

    def _log(self, name: str) -> Path:
        return private_folder(self.data_dir / "log") / f"{name}.log"
