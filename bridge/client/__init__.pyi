"""Generated from the command table by `make generate`."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal, Self

class Result:
    envelope: dict[str, Any]
    status: str
    command: str
    session: str
    pane_id: str
    output: Any
    timestamp: str
    def __init__(self, envelope: dict[str, Any]) -> None: ...
    def __getattr__(self, name: str) -> Any: ...

class CallError(Exception):
    code: str
    message: str
    hint: str | None
    retryable: bool
    result: Result
    def __init__(self, envelope: dict[str, Any]) -> None: ...

ERRORS: dict[str, type[CallError]]

class UsageError(CallError): ...

class UnknownCommandError(CallError): ...

class BadNameError(CallError): ...

class BadPatternError(CallError): ...

class SessionExistsError(CallError): ...

class SessionNotFoundError(CallError): ...

class PaneNotFoundError(CallError): ...

class LabelNotFoundError(CallError): ...

class LabelAmbiguousError(CallError): ...

class KeyNotFoundError(CallError): ...

class MaxPanesError(CallError): ...

class NoSpaceError(CallError): ...

class ControlCharactersError(CallError): ...

class TooLargeError(CallError): ...

class BusyError(CallError): ...

class BridgeTimeoutError(CallError): ...

class IdleError(CallError): ...

class PaneGoneError(CallError): ...

class ServerGoneError(CallError): ...

class TmuxNotInstalledError(CallError): ...

class TmuxFailedError(CallError): ...

class CommandFailedError(CallError): ...

class NeedsInputError(CallError): ...

class UnknownOutcomeError(CallError): ...

class RunNotFoundError(CallError): ...

class SelfError(CallError): ...

class ForbiddenError(CallError): ...

class LockedError(CallError): ...

class BadCursorError(CallError): ...

class StateError(CallError): ...

class DaemonError(CallError): ...

class SubscriptionNotFoundError(CallError): ...

class UnsupportedError(CallError): ...

class NotAvailableError(CallError): ...

class InternalError(CallError): ...

class SessionCreateResult(Result):
    session_id: str
    pane: str

class SessionListResult(Result):
    sessions: list[Any]

class SessionKillResult(Result):
    session_id: str
    panes_killed: int

class PaneCreateResult(Result):
    pane: str
    label: str

class PaneCreateWithLayoutResult(Result):
    pane: str
    label: str

class PaneKillResult(Result):
    pane: str

class PaneStatusResult(Result):
    pane: str
    running: bool | None
    dead: bool
    label: str

class PaneIsRunningResult(Result):
    pane: str
    running: bool | None

class PaneListJsonResult(Result):
    count: int

class PaneListDetailedResult(Result):
    count: int
    panes: list[Any]

class PaneCountResult(Result):
    count: int

class PaneFindResult(Result):
    pane: str
    label: str

class PaneExecResult(Result):
    pane: str

class PaneRunResult(Result):
    pane: str
    outcome: str
    exit_code: int | None
    signal: str | None
    signal_guess: str
    duration_ms: int
    bytes: int
    truncated: bool
    run_id: str
    cursor: str
    untrusted: bool

class RunResultResult(Result):
    pane: str
    outcome: str
    exit_code: int | None
    signal: str | None
    signal_guess: str
    duration_ms: int
    bytes: int
    truncated: bool
    run_id: str
    cursor: str
    untrusted: bool

class RunListResult(Result):
    count: int

class RunOutputResult(Result):
    pane: str
    run_id: str
    outcome: str
    cursor: str
    lost_bytes: int
    untrusted: bool

class PaneSendKeysResult(Result):
    pane: str

class PaneSendStdinResult(Result):
    pane: str
    delivered: int
    entered: str

class PaneSignalResult(Result):
    pane: str
    signal: str
    process_group: int

class PaneStopResult(Result):
    pane: str
    ended_by: str
    waited_ms: int

class PaneRespawnResult(Result):
    pane: str
    pid: int

class PaneCaptureResult(Result):
    pane: str
    untrusted: bool

class PaneWatchResult(Result):
    pane: str
    found: bool
    matches: list[Any]
    untrusted: bool

class PaneHasPatternResult(Result):
    pane: str
    found: bool

class PaneWaitResult(Result):
    pane: str
    waited_ms: int
    outcome: str
    exit_code: int | None

class PaneExecTimeoutResult(Result):
    pane: str
    waited_ms: int
    outcome: str
    exit_code: int | None

class PaneWatchTimeoutResult(Result):
    pane: str
    found: bool
    matches: list[Any]
    waited_ms: int
    untrusted: bool

class PaneMetadataSetResult(Result):
    pane: str
    key: str
    value: str

class PaneMetadataGetResult(Result):
    pane: str
    key: str
    value: str

class StateSyncResult(Result):
    file: str

class PaneReadResult(Result):
    pane: str
    cursor: str
    bytes: int
    lost_bytes: int
    more: bool
    ended: bool
    untrusted: bool

class PaneLogResult(Result):
    pane: str
    enabled: bool
    path: str | None
    bytes: int
    cursor: str

class PaneSnapshotResult(Result):
    pane: str
    title: str
    width: int
    height: int
    cursor_x: int
    cursor_y: int
    mode: str
    alternate_screen: bool
    dead: bool
    foreground: dict[str, Any] | None
    untrusted: bool

class PaneWaitForResult(Result):
    pane: str
    outcome: str
    matches: list[Any]
    cursor: str | None
    lost_bytes: int
    waited_ms: int
    untrusted: bool

class DaemonStartResult(Result):
    pid: int
    monitor: str
    log_file: str
    started_ms: int

class DaemonStopResult(Result):
    pid: int

class DaemonRestartResult(Result):
    pid: int
    previous_pid: int
    monitor: str

class DaemonStatusResult(Result):
    running: bool
    pid: int
    uptime_seconds: int
    sessions: int
    panes: int
    watched_panes: int
    subscriptions: int
    queue_depth: int
    dead_letters: int
    events_total: int
    cpu_percent: float
    rss_mb: float
    monitor: str
    log_file: str
    events_directory: str
    connected: bool
    version: str

class DaemonHealthResult(Result):
    health: str
    problems: list[Any]
    answered_ms: int

class DaemonLogsResult(Result):
    lines: list[Any]
    log_file: str
    untrusted: bool

class EventSubscribeResult(Result):
    subscription_id: str
    subscription: dict[str, Any]
    enforced: bool
    hint: str | None

class EventListResult(Result):
    subscriptions: list[Any]
    count: int

class EventUnsubscribeResult(Result):
    subscription_id: str
    subscription: dict[str, Any]

class EventLogResult(Result):
    events: list[Any]
    count: int
    untrusted: bool

class EventPublishResult(Result):
    seq: int
    event_id: str
    event: dict[str, Any]
    enforced: bool
    hint: str | None

class McpInstallResult(Result):
    client: str
    path: str | None
    changed: bool
    entry: str

class SkillResult(Result):
    path: str | None
    changed: bool

class VersionResult(Result):
    version: str

class Bridge:
    def __init__(
        self, *, server: str | None = None, socket: str | None = None, environ: dict[str, str] | None = None
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def close(self) -> None: ...
    def call(self, name: str, /, **arguments: object) -> Result: ...
    def events(self, *, since: int | None = None, event_type: str = "*") -> Iterator[dict[str, Any]]: ...
    def session_create(
        self,
        name: str,
        *,
        size: str | None = None,
    ) -> SessionCreateResult: ...
    def session_list(
        self,
    ) -> SessionListResult: ...
    def session_kill(
        self,
        session: str,
        *,
        self_: bool = False,
    ) -> SessionKillResult: ...
    def pane_create(
        self,
        session: str,
        label: str | None = None,
    ) -> PaneCreateResult: ...
    def pane_create_with_layout(
        self,
        session: str,
        label: str | None = None,
        layout: str | None = None,
    ) -> PaneCreateWithLayoutResult: ...
    def pane_kill(
        self,
        session: str,
        pane: str | int,
        *,
        self_: bool = False,
    ) -> PaneKillResult: ...
    def pane_status(
        self,
        session: str,
        pane: str | int,
    ) -> PaneStatusResult: ...
    def pane_is_running(
        self,
        session: str,
        pane: str | int,
    ) -> PaneIsRunningResult: ...
    def pane_list_json(
        self,
        session: str,
    ) -> PaneListJsonResult: ...
    def pane_list_detailed(
        self,
        session: str,
    ) -> PaneListDetailedResult: ...
    def pane_count(
        self,
        session: str,
    ) -> PaneCountResult: ...
    def pane_find(
        self,
        session: str,
        label: str,
    ) -> PaneFindResult: ...
    def pane_exec(
        self,
        session: str,
        pane: str | int,
        command: str,
        *,
        raw: bool = False,
    ) -> PaneExecResult: ...
    def pane_run(
        self,
        session: str,
        pane: str | int,
        command: str,
        *,
        timeout: float | None = None,
        max_output: int | None = None,
        stdin_file: str | None = None,
        raw: bool = False,
        propagate: bool = False,
        background: bool = False,
    ) -> PaneRunResult: ...
    def run_result(
        self,
        run_id: str,
        *,
        wait: float | None = None,
    ) -> RunResultResult: ...
    def run_list(
        self,
        *,
        session: str | None = None,
    ) -> RunListResult: ...
    def run_output(
        self,
        run_id: str,
        *,
        since: str | None = None,
    ) -> RunOutputResult: ...
    def pane_send_keys(
        self,
        session: str,
        pane: str | int,
        *keys: str,
        literal: bool = False,
    ) -> PaneSendKeysResult: ...
    def pane_send_stdin(
        self,
        session: str,
        pane: str | int,
        text: str,
        *,
        raw: bool = False,
        enter: bool = False,
    ) -> PaneSendStdinResult: ...
    def pane_signal(
        self,
        session: str,
        pane: str | int,
        signal: str,
        *,
        shell: bool = False,
        self_: bool = False,
    ) -> PaneSignalResult: ...
    def pane_stop(
        self,
        session: str,
        pane: str | int,
        *,
        grace: float | None = None,
        self_: bool = False,
    ) -> PaneStopResult: ...
    def pane_respawn(
        self,
        session: str,
        pane: str | int,
        *command: str,
        kill: bool = False,
        self_: bool = False,
    ) -> PaneRespawnResult: ...
    def pane_capture(
        self,
        session: str,
        pane: str | int,
        lines: int | None = None,
    ) -> PaneCaptureResult: ...
    def pane_watch(
        self,
        session: str,
        pane: str | int,
        pattern: str,
        lines: int | None = None,
    ) -> PaneWatchResult: ...
    def pane_has_pattern(
        self,
        session: str,
        pane: str | int,
        pattern: str,
        lines: int | None = None,
    ) -> PaneHasPatternResult: ...
    def pane_wait(
        self,
        session: str,
        pane: str | int,
        timeout: float | None = None,
    ) -> PaneWaitResult: ...
    def pane_exec_timeout(
        self,
        session: str,
        pane: str | int,
        timeout: float,
        command: str,
        *,
        raw: bool = False,
    ) -> PaneExecTimeoutResult: ...
    def pane_watch_timeout(
        self,
        session: str,
        pane: str | int,
        pattern: str,
        timeout: float,
        lines: int | None = None,
    ) -> PaneWatchTimeoutResult: ...
    def pane_metadata_set(
        self,
        session: str,
        pane: str | int,
        key: str,
        value: str,
    ) -> PaneMetadataSetResult: ...
    def pane_metadata_get(
        self,
        session: str,
        pane: str | int,
        key: str,
    ) -> PaneMetadataGetResult: ...
    def state_sync(
        self,
        session: str,
    ) -> StateSyncResult: ...
    def pane_read(
        self,
        session: str,
        pane: str | int,
        *,
        since: str | None = None,
        lines: int | None = None,
        follow: bool = False,
        timeout: float | None = None,
    ) -> PaneReadResult: ...
    def pane_log(
        self,
        session: str,
        pane: str | int,
        action: Literal["on", "off", "status"] | None = None,
    ) -> PaneLogResult: ...
    def pane_snapshot(
        self,
        session: str,
        pane: str | int,
    ) -> PaneSnapshotResult: ...
    def pane_wait_for(
        self,
        session: str,
        pane: str | int,
        *,
        pattern: str | None = None,
        idle: int | None = None,
        exit: bool = False,
        timeout: float | None = None,
        since: str | None = None,
        screen: bool = False,
    ) -> PaneWaitForResult: ...
    def daemon_start(
        self,
        session: str | None = None,
        *,
        foreground: bool = False,
    ) -> DaemonStartResult: ...
    def daemon_stop(
        self,
    ) -> DaemonStopResult: ...
    def daemon_restart(
        self,
        session: str | None = None,
    ) -> DaemonRestartResult: ...
    def daemon_status(
        self,
    ) -> DaemonStatusResult: ...
    def daemon_health(
        self,
    ) -> DaemonHealthResult: ...
    def daemon_logs(
        self,
        lines: int | None = None,
        *,
        follow: bool = False,
    ) -> DaemonLogsResult: ...
    def event_subscribe(
        self,
        session: str,
        event: str,
        callback: str | None = None,
        *,
        pane: str | None = None,
        pattern: str | None = None,
        after: float | None = None,
        once: bool = False,
    ) -> EventSubscribeResult: ...
    def event_list(
        self,
        session: str | None = None,
    ) -> EventListResult: ...
    def event_unsubscribe(
        self,
        id: str,
    ) -> EventUnsubscribeResult: ...
    def event_log(
        self,
        session: str,
        type: str | None = None,
        count: int | None = None,
    ) -> EventLogResult: ...
    def event_publish(
        self,
        session: str,
        event: str,
        message: str | None = None,
        *,
        pane: str | None = None,
        data: str | None = None,
    ) -> EventPublishResult: ...
    def mcp_install(
        self,
        *,
        client: Literal["claude", "codex", "gemini", "cursor", "vscode"] | None = None,
        tier: Literal["read", "change", "destroy"] | None = None,
        print: bool = False,
    ) -> McpInstallResult: ...
    def skill(
        self,
        *,
        install: Literal["claude", "codex"] | None = None,
    ) -> SkillResult: ...
    def version(
        self,
    ) -> VersionResult: ...

class AsyncBridge:
    def __init__(
        self, *, server: str | None = None, socket: str | None = None, environ: dict[str, str] | None = None
    ) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...
    async def close(self) -> None: ...
    async def call(self, name: str, /, **arguments: object) -> Result: ...
    def events(self, *, since: int | None = None, event_type: str = "*") -> AsyncIterator[dict[str, Any]]: ...
    async def session_create(
        self,
        name: str,
        *,
        size: str | None = None,
    ) -> SessionCreateResult: ...
    async def session_list(
        self,
    ) -> SessionListResult: ...
    async def session_kill(
        self,
        session: str,
        *,
        self_: bool = False,
    ) -> SessionKillResult: ...
    async def pane_create(
        self,
        session: str,
        label: str | None = None,
    ) -> PaneCreateResult: ...
    async def pane_create_with_layout(
        self,
        session: str,
        label: str | None = None,
        layout: str | None = None,
    ) -> PaneCreateWithLayoutResult: ...
    async def pane_kill(
        self,
        session: str,
        pane: str | int,
        *,
        self_: bool = False,
    ) -> PaneKillResult: ...
    async def pane_status(
        self,
        session: str,
        pane: str | int,
    ) -> PaneStatusResult: ...
    async def pane_is_running(
        self,
        session: str,
        pane: str | int,
    ) -> PaneIsRunningResult: ...
    async def pane_list_json(
        self,
        session: str,
    ) -> PaneListJsonResult: ...
    async def pane_list_detailed(
        self,
        session: str,
    ) -> PaneListDetailedResult: ...
    async def pane_count(
        self,
        session: str,
    ) -> PaneCountResult: ...
    async def pane_find(
        self,
        session: str,
        label: str,
    ) -> PaneFindResult: ...
    async def pane_exec(
        self,
        session: str,
        pane: str | int,
        command: str,
        *,
        raw: bool = False,
    ) -> PaneExecResult: ...
    async def pane_run(
        self,
        session: str,
        pane: str | int,
        command: str,
        *,
        timeout: float | None = None,
        max_output: int | None = None,
        stdin_file: str | None = None,
        raw: bool = False,
        propagate: bool = False,
        background: bool = False,
    ) -> PaneRunResult: ...
    async def run_result(
        self,
        run_id: str,
        *,
        wait: float | None = None,
    ) -> RunResultResult: ...
    async def run_list(
        self,
        *,
        session: str | None = None,
    ) -> RunListResult: ...
    async def run_output(
        self,
        run_id: str,
        *,
        since: str | None = None,
    ) -> RunOutputResult: ...
    async def pane_send_keys(
        self,
        session: str,
        pane: str | int,
        *keys: str,
        literal: bool = False,
    ) -> PaneSendKeysResult: ...
    async def pane_send_stdin(
        self,
        session: str,
        pane: str | int,
        text: str,
        *,
        raw: bool = False,
        enter: bool = False,
    ) -> PaneSendStdinResult: ...
    async def pane_signal(
        self,
        session: str,
        pane: str | int,
        signal: str,
        *,
        shell: bool = False,
        self_: bool = False,
    ) -> PaneSignalResult: ...
    async def pane_stop(
        self,
        session: str,
        pane: str | int,
        *,
        grace: float | None = None,
        self_: bool = False,
    ) -> PaneStopResult: ...
    async def pane_respawn(
        self,
        session: str,
        pane: str | int,
        *command: str,
        kill: bool = False,
        self_: bool = False,
    ) -> PaneRespawnResult: ...
    async def pane_capture(
        self,
        session: str,
        pane: str | int,
        lines: int | None = None,
    ) -> PaneCaptureResult: ...
    async def pane_watch(
        self,
        session: str,
        pane: str | int,
        pattern: str,
        lines: int | None = None,
    ) -> PaneWatchResult: ...
    async def pane_has_pattern(
        self,
        session: str,
        pane: str | int,
        pattern: str,
        lines: int | None = None,
    ) -> PaneHasPatternResult: ...
    async def pane_wait(
        self,
        session: str,
        pane: str | int,
        timeout: float | None = None,
    ) -> PaneWaitResult: ...
    async def pane_exec_timeout(
        self,
        session: str,
        pane: str | int,
        timeout: float,
        command: str,
        *,
        raw: bool = False,
    ) -> PaneExecTimeoutResult: ...
    async def pane_watch_timeout(
        self,
        session: str,
        pane: str | int,
        pattern: str,
        timeout: float,
        lines: int | None = None,
    ) -> PaneWatchTimeoutResult: ...
    async def pane_metadata_set(
        self,
        session: str,
        pane: str | int,
        key: str,
        value: str,
    ) -> PaneMetadataSetResult: ...
    async def pane_metadata_get(
        self,
        session: str,
        pane: str | int,
        key: str,
    ) -> PaneMetadataGetResult: ...
    async def state_sync(
        self,
        session: str,
    ) -> StateSyncResult: ...
    async def pane_read(
        self,
        session: str,
        pane: str | int,
        *,
        since: str | None = None,
        lines: int | None = None,
        follow: bool = False,
        timeout: float | None = None,
    ) -> PaneReadResult: ...
    async def pane_log(
        self,
        session: str,
        pane: str | int,
        action: Literal["on", "off", "status"] | None = None,
    ) -> PaneLogResult: ...
    async def pane_snapshot(
        self,
        session: str,
        pane: str | int,
    ) -> PaneSnapshotResult: ...
    async def pane_wait_for(
        self,
        session: str,
        pane: str | int,
        *,
        pattern: str | None = None,
        idle: int | None = None,
        exit: bool = False,
        timeout: float | None = None,
        since: str | None = None,
        screen: bool = False,
    ) -> PaneWaitForResult: ...
    async def daemon_start(
        self,
        session: str | None = None,
        *,
        foreground: bool = False,
    ) -> DaemonStartResult: ...
    async def daemon_stop(
        self,
    ) -> DaemonStopResult: ...
    async def daemon_restart(
        self,
        session: str | None = None,
    ) -> DaemonRestartResult: ...
    async def daemon_status(
        self,
    ) -> DaemonStatusResult: ...
    async def daemon_health(
        self,
    ) -> DaemonHealthResult: ...
    async def daemon_logs(
        self,
        lines: int | None = None,
        *,
        follow: bool = False,
    ) -> DaemonLogsResult: ...
    async def event_subscribe(
        self,
        session: str,
        event: str,
        callback: str | None = None,
        *,
        pane: str | None = None,
        pattern: str | None = None,
        after: float | None = None,
        once: bool = False,
    ) -> EventSubscribeResult: ...
    async def event_list(
        self,
        session: str | None = None,
    ) -> EventListResult: ...
    async def event_unsubscribe(
        self,
        id: str,
    ) -> EventUnsubscribeResult: ...
    async def event_log(
        self,
        session: str,
        type: str | None = None,
        count: int | None = None,
    ) -> EventLogResult: ...
    async def event_publish(
        self,
        session: str,
        event: str,
        message: str | None = None,
        *,
        pane: str | None = None,
        data: str | None = None,
    ) -> EventPublishResult: ...
    async def mcp_install(
        self,
        *,
        client: Literal["claude", "codex", "gemini", "cursor", "vscode"] | None = None,
        tier: Literal["read", "change", "destroy"] | None = None,
        print: bool = False,
    ) -> McpInstallResult: ...
    async def skill(
        self,
        *,
        install: Literal["claude", "codex"] | None = None,
    ) -> SkillResult: ...
    async def version(
        self,
    ) -> VersionResult: ...
