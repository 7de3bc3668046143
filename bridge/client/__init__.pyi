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

class NoProcessError(CallError): ...

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

class NoTerminalError(CallError): ...

class ConfigError(CallError): ...

class DaemonError(CallError): ...

class SubscriptionNotFoundError(CallError): ...

class GroupExistsError(CallError): ...

class GroupNotFoundError(CallError): ...

class NotAMemberError(CallError): ...

class CircleError(CallError): ...

class UnhealthyError(CallError): ...

class ProfileNotFoundError(CallError): ...

class AgentNotFoundError(CallError): ...

class AgentExistsError(CallError): ...

class AgentStateError(CallError): ...

class LimitInstancesError(CallError): ...

class LimitDepthError(CallError): ...

class RoleError(CallError): ...

class DirectoryError(CallError): ...

class ProgramNotFoundError(CallError): ...

class AgentEndedError(CallError): ...

class ScreenError(CallError): ...

class SnapshotError(CallError): ...

class SnapshotNotFoundError(CallError): ...

class AutosaveNotFoundError(CallError): ...

class IncompleteError(CallError): ...

class UnsupportedError(CallError): ...

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
    floating: bool

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
    duration_ms: int | None
    pane_ended: bool
    bytes: int
    truncated: bool
    run_id: str
    cursor: str | None
    untrusted: bool

class RunResultResult(Result):
    pane: str
    outcome: str
    exit_code: int | None
    signal: str | None
    signal_guess: str
    duration_ms: int | None
    pane_ended: bool
    bytes: int
    truncated: bool
    run_id: str
    cursor: str | None
    untrusted: bool

class RunListResult(Result):
    count: int

class RunOutputResult(Result):
    pane: str
    run_id: str
    outcome: str
    cursor: str
    lost_bytes: int
    truncated: bool
    untrusted: bool

class PaneSendKeysResult(Result):
    pane: str

class PaneSendStdinResult(Result):
    pane: str
    delivered: int
    entered: bool | None

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

class PaneInteractResult(Result):
    pane: str
    reason: str

class TopResult(Result):
    looks: int

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
    lost_bytes: int
    untrusted: bool

class PaneMetadataSetResult(Result):
    pane: str
    key: str
    value: str

class PaneMetadataGetResult(Result):
    pane: str
    key: str
    value: str

class PaneLabelResult(Result):
    pane: str
    label: str

class StateSyncResult(Result):
    file: str

class PaneReadResult(Result):
    pane: str
    cursor: str
    bytes: int
    lost_bytes: int
    more: bool
    ended: bool
    truncated: bool
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
    listeners: list[Any] | None
    in_pane: bool | None
    waited_ms: int
    untrusted: bool

class PaneAskResult(Result):
    pane: str
    outcome: str
    matches: list[Any]
    cursor: str
    lost_bytes: int
    more: bool
    waited_ms: int
    untrusted: bool

class DaemonStartResult(Result):
    pid: int
    monitor: str
    log_file: str
    started_ms: int | None
    installed: str | None
    hint: str | None

class DaemonStopResult(Result):
    pid: int
    uninstalled: str | None

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
    parts: list[Any]
    restarts: int
    loop_late_ms_max: float
    loop_late_ms: float

class DaemonHealthResult(Result):
    health: str
    problems: list[Any]
    answered_ms: int
    loop_late_ms: float

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

class GroupCreateResult(Result):
    group: str

class GroupAddResult(Result):
    group: str
    changed: bool

class GroupRemoveResult(Result):
    group: str

class GroupDeleteResult(Result):
    group: str
    members: list[Any]

class GroupListResult(Result):
    groups: list[Any]
    count: int

class GroupExecResult(Result):
    group: str
    results: list[Any]
    untrusted: bool

class GroupStartResult(Result):
    results: list[Any]

class GroupSaveResult(Result):
    group: str
    results: list[Any]

class GroupRestoreResult(Result):
    group: str
    results: list[Any]

class GroupKillResult(Result):
    group: str
    results: list[Any]

class SessionDependsResult(Result):
    needs: list[Any]
    circle: list[Any]

class SessionDependsRemoveResult(Result):
    needs: list[Any]

class SessionDependenciesResult(Result):
    dependencies: list[Any]
    count: int

class SessionHealthResult(Result):
    health: str
    reasons: list[Any]
    panes: int
    untrusted: bool

class SessionWaitHealthyResult(Result):
    health: str
    reasons: list[Any]
    panes: int
    untrusted: bool
    waited_ms: int

class SessionHealthSetResult(Result):
    checks: dict[str, Any]
    enforced: bool
    hint: str | None

class SessionStartResult(Result):
    results: list[Any]

class SessionsListAllResult(Result):
    sessions: list[Any]
    count: int

class PanesCountGlobalResult(Result):
    count: int
    sessions: int

class SessionsFindPatternResult(Result):
    sessions: list[Any]
    matches: list[Any]
    found: bool
    untrusted: bool

class SessionSaveResult(Result):
    file: str
    window_count: int
    pane_count: int
    size_bytes: int
    saved_at: str
    consistent: bool
    notes: list[Any]

class SessionRestoreResult(Result):
    file: str
    session_name: str
    session_id: str | None
    skipped: bool
    window_count: int
    pane_count: int
    panes: list[Any]
    commands: list[Any]
    lost: list[Any]
    score: dict[str, Any] | None
    score_percent: float
    dry_run: bool

class SessionSnapshotsResult(Result):
    snapshots: list[Any]
    count: int
    autosaves: list[Any]

class SessionSnapshotShowResult(Result):
    file: str
    size_bytes: int
    snapshot: dict[str, Any]
    untrusted: bool

class SessionSnapshotDeleteResult(Result):
    file: str

class SessionDiffResult(Result):
    file: str
    other: str
    equal: bool
    differences: list[Any]
    count: int
    score: dict[str, Any]
    score_percent: float
    untrusted: bool

class SessionAutosaveResult(Result):
    interval_seconds: float
    directory: str
    enforced: bool
    hint: str | None

class SessionAutosaveStopResult(Result):
    interval_seconds: float
    file: str | None

class GcStatusResult(Result):
    enabled: bool
    ttl_seconds: int
    enabled_at: str | None
    enforced: bool
    hint: str | None
    ttl_source: str
    last_run: str | None
    next_run: str | None
    runs: int
    removed_total: dict[str, Any]
    gc: dict[str, Any]
    cleanable: dict[str, Any]
    protected_sessions: list[Any]
    kept: list[Any]
    journal: str

class GcRunResult(Result):
    gc: dict[str, Any]
    dry_run: bool
    removed: list[Any]
    pending: list[Any]
    kept: list[Any]
    refused: list[Any]
    server_ended: bool
    journal: str

class GcEnableResult(Result):
    enabled: bool
    ttl_seconds: int
    enabled_at: str | None
    enforced: bool
    hint: str | None

class GcDisableResult(Result):
    enabled: bool
    ttl_seconds: int
    enabled_at: str | None
    enforced: bool
    hint: str | None

class GcProtectResult(Result):
    session_id: str
    protected: bool

class GcUnprotectResult(Result):
    session_id: str
    protected: bool

class StateMigrateResult(Result):
    check: bool
    needed: bool
    source: str | None
    migrated: list[Any]
    unchanged: int
    problems: list[Any]
    backup: str | None

class PaneMetricsResult(Result):
    pane: str
    metrics: dict[str, Any] | None
    processes: list[Any]
    interval_seconds: float

class SessionMetricsResult(Result):
    panes: list[Any]
    metrics: dict[str, Any]
    interval_seconds: float

class MetricsHistoryResult(Result):
    series: list[Any]
    buckets: list[Any]
    points: list[Any]
    pane: str
    sampled: bool
    interval_seconds: float | None
    hint: str | None

class MetricsExportResult(Result):
    format: str
    panes: list[Any]
    count: int
    interval_seconds: float

class PaneSetLimitResult(Result):
    pane: str
    limit: dict[str, Any]
    enforced: bool
    hint: str | None

class PaneGetLimitsResult(Result):
    limits: list[Any]
    pane: str
    hint: str | None

class PaneClearLimitResult(Result):
    pane: str
    cleared: list[Any]

class AgentProfilesResult(Result):
    profiles: list[Any] | None
    count: int
    folder: str
    data: dict[str, Any] | None
    rules: list[Any] | None
    problems: list[Any] | None

class AgentClassifyResult(Result):
    profile: str
    state: str
    kind: str | None
    reason: str
    rule: str | None
    evidence: list[Any] | None
    composer: dict[str, Any] | None
    menu: dict[str, Any] | None
    untrusted: bool

class AgentSpawnResult(Result):
    agent_id: str
    profile: str
    role: str
    parent_id: str | None
    depth: int
    pane: str
    state: str
    since: str
    reason: str
    generation: str
    kind: str | None
    directory: str | None
    created_at: str
    conversation_id: str | None
    adopted: bool
    exit_status: int | None
    exit_signal: str | None
    kept: str | None
    agents: list[Any]
    count: int

class AgentInterruptResult(Result):
    agent_id: str
    profile: str
    role: str
    parent_id: str | None
    depth: int
    pane: str
    state: str
    since: str
    reason: str
    generation: str
    kind: str | None
    directory: str | None
    created_at: str
    conversation_id: str | None
    adopted: bool
    exit_status: int | None
    exit_signal: str | None
    kept: str | None

class AgentTerminateResult(Result):
    agent_id: str
    profile: str
    role: str
    parent_id: str | None
    depth: int
    pane: str
    state: str
    since: str
    reason: str
    generation: str
    kind: str | None
    directory: str | None
    created_at: str
    conversation_id: str | None
    adopted: bool
    exit_status: int | None
    exit_signal: str | None
    kept: str | None
    agents: list[Any]
    count: int
    left: list[Any]

class AgentAdoptResult(Result):
    agent_id: str
    profile: str
    role: str
    parent_id: str | None
    depth: int
    pane: str
    state: str
    since: str
    reason: str
    generation: str
    kind: str | None
    directory: str | None
    created_at: str
    conversation_id: str | None
    adopted: bool
    exit_status: int | None
    exit_signal: str | None
    kept: str | None

class AgentListResult(Result):
    agents: list[Any]
    count: int

class AgentStatusResult(Result):
    agent_id: str
    profile: str
    role: str
    parent_id: str | None
    depth: int
    pane: str
    state: str
    since: str
    reason: str
    generation: str
    kind: str | None
    directory: str | None
    created_at: str
    conversation_id: str | None
    adopted: bool
    exit_status: int | None
    exit_signal: str | None
    kept: str | None

class AgentExplainResult(Result):
    agent_id: str
    profile: str
    role: str
    parent_id: str | None
    depth: int
    pane: str
    state: str
    since: str
    reason: str
    generation: str
    kind: str | None
    directory: str | None
    created_at: str
    conversation_id: str | None
    adopted: bool
    exit_status: int | None
    exit_signal: str | None
    kept: str | None
    evidence: list[Any] | None
    decided: str
    rule: str | None

class AgentWaitResult(Result):
    agent_id: str
    profile: str
    role: str
    parent_id: str | None
    depth: int
    pane: str
    state: str
    since: str
    reason: str
    generation: str
    kind: str | None
    directory: str | None
    created_at: str
    conversation_id: str | None
    adopted: bool
    exit_status: int | None
    exit_signal: str | None
    kept: str | None
    waited_ms: int

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

class ConfigShowResult(Result):
    settings: list[Any]

class ConfigGetResult(Result):
    key: str
    value: str
    origin: str
    source: str
    default: str

class ConfigSetResult(Result):
    key: str
    value: str
    path: str
    changed: bool

class ConfigValidateResult(Result):
    problems: list[Any]
    paths: list[Any]

class ConfigInitResult(Result):
    path: str

class ConfigPathResult(Result):
    files: list[Any]

class DoctorResult(Result):
    health: str
    checks: list[Any]
    fixed: int
    bundle: str | None
    bundled: list[Any]

class LogsShowResult(Result):
    records: list[Any]
    path: str
    untrusted: bool

class SchemaResult(Result):
    schemas: list[Any]

class CompletionResult(Result):
    shell: str
    path: str | None
    todo: str | None
    script: str | None

class CompleteResult(Result): ...

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
        inline: bool = False,
        propagate: bool = False,
        subshell: bool = False,
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
        running: bool = False,
        limit: int | None = None,
        all: bool = False,
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
    def pane_interact(
        self,
        session: str,
        pane: str | int,
    ) -> PaneInteractResult: ...
    def top(
        self,
        *,
        interval: float | None = None,
        filter: str | None = None,
        session: str | None = None,
    ) -> TopResult: ...
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
        *,
        patient: bool = False,
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
    def pane_label(
        self,
        session: str,
        pane: str | int,
        label: str,
    ) -> PaneLabelResult: ...
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
        port: int | None = None,
        timeout: float | None = None,
        since: str | None = None,
        screen: bool = False,
        patient: bool = False,
    ) -> PaneWaitForResult: ...
    def pane_ask(
        self,
        session: str,
        pane: str | int,
        text: str,
        *,
        pattern: str | None = None,
        idle: int | None = None,
        timeout: float | None = None,
    ) -> PaneAskResult: ...
    def daemon_start(
        self,
        session: str | None = None,
        *,
        foreground: bool = False,
        install: bool = False,
    ) -> DaemonStartResult: ...
    def daemon_stop(
        self,
        *,
        uninstall: bool = False,
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
        argv: str | None = None,
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
    def group_create(
        self,
        group: str,
    ) -> GroupCreateResult: ...
    def group_add(
        self,
        group: str,
        session: str,
    ) -> GroupAddResult: ...
    def group_remove(
        self,
        group: str,
        session: str,
    ) -> GroupRemoveResult: ...
    def group_delete(
        self,
        group: str,
    ) -> GroupDeleteResult: ...
    def group_list(
        self,
        group: str | None = None,
    ) -> GroupListResult: ...
    def group_exec(
        self,
        group: str,
        command: str,
        *,
        wait: bool = False,
        subshell: bool = False,
        timeout: float | None = None,
    ) -> GroupExecResult: ...
    def group_start(
        self,
        group: str,
        *,
        timeout: float | None = None,
    ) -> GroupStartResult: ...
    def group_save(
        self,
        group: str,
        *,
        scrollback: bool = False,
    ) -> GroupSaveResult: ...
    def group_restore(
        self,
        group: str,
        *,
        replay: bool = False,
    ) -> GroupRestoreResult: ...
    def group_kill(
        self,
        group: str,
        *,
        self_: bool = False,
    ) -> GroupKillResult: ...
    def session_depends(
        self,
        session: str,
        needed: str,
    ) -> SessionDependsResult: ...
    def session_depends_remove(
        self,
        session: str,
        needed: str,
    ) -> SessionDependsRemoveResult: ...
    def session_dependencies(
        self,
        session: str | None = None,
    ) -> SessionDependenciesResult: ...
    def session_health(
        self,
        session: str,
    ) -> SessionHealthResult: ...
    def session_wait_healthy(
        self,
        session: str,
        timeout: float | None = None,
    ) -> SessionWaitHealthyResult: ...
    def session_health_set(
        self,
        session: str,
        *,
        present: str | None = None,
        absent: str | None = None,
        port: int | None = None,
        http: str | None = None,
        command: str | None = None,
        process: str | None = None,
        start: str | None = None,
        interval: float | None = None,
        retries: int | None = None,
        start_period: float | None = None,
        restart: Literal["never", "unhealthy"] | None = None,
        backoff: float | None = None,
        clear: bool = False,
    ) -> SessionHealthSetResult: ...
    def session_start(
        self,
        session: str,
        *,
        timeout: float | None = None,
    ) -> SessionStartResult: ...
    def sessions_list_all(
        self,
    ) -> SessionsListAllResult: ...
    def panes_count_global(
        self,
    ) -> PanesCountGlobalResult: ...
    def sessions_find_pattern(
        self,
        pattern: str,
        lines: int | None = None,
    ) -> SessionsFindPatternResult: ...
    def session_save(
        self,
        session: str,
        file: str | None = None,
        *,
        scrollback: bool = False,
    ) -> SessionSaveResult: ...
    def session_restore(
        self,
        source: str,
        *,
        as_: str | None = None,
        replay: bool = False,
        replay_allow: str | None = None,
        dry_run: bool = False,
        atomic: bool = False,
        on_conflict: Literal["refuse", "rename", "skip"] | None = None,
    ) -> SessionRestoreResult: ...
    def session_snapshots(
        self,
        session: str | None = None,
    ) -> SessionSnapshotsResult: ...
    def session_snapshot_show(
        self,
        file: str,
    ) -> SessionSnapshotShowResult: ...
    def session_snapshot_delete(
        self,
        file: str,
    ) -> SessionSnapshotDeleteResult: ...
    def session_diff(
        self,
        file: str,
        other: str | None = None,
    ) -> SessionDiffResult: ...
    def session_autosave(
        self,
        session: str,
        interval: float | None = None,
    ) -> SessionAutosaveResult: ...
    def session_autosave_stop(
        self,
        session: str,
    ) -> SessionAutosaveStopResult: ...
    def gc_status(
        self,
    ) -> GcStatusResult: ...
    def gc_run(
        self,
        mode: Literal["force"] | None = None,
        *,
        force: bool = False,
        dry_run: bool = False,
        ttl: float | None = None,
    ) -> GcRunResult: ...
    def gc_enable(
        self,
        ttl: int | None = None,
    ) -> GcEnableResult: ...
    def gc_disable(
        self,
    ) -> GcDisableResult: ...
    def gc_protect(
        self,
        session: str,
    ) -> GcProtectResult: ...
    def gc_unprotect(
        self,
        session: str,
    ) -> GcUnprotectResult: ...
    def state_migrate(
        self,
        *,
        check: bool = False,
        from_: str | None = None,
    ) -> StateMigrateResult: ...
    def pane_metrics(
        self,
        session: str,
        pane: str | int,
        *,
        interval: float | None = None,
    ) -> PaneMetricsResult: ...
    def session_metrics(
        self,
        session: str,
        *,
        interval: float | None = None,
    ) -> SessionMetricsResult: ...
    def metrics_history(
        self,
        session: str,
        pane: str | int,
        duration: str | None = None,
        *,
        buckets: int | None = None,
    ) -> MetricsHistoryResult: ...
    def metrics_export(
        self,
        session: str | None = None,
        *,
        format: Literal["prometheus", "json", "csv"] | None = None,
        plain: bool = False,
        interval: float | None = None,
    ) -> MetricsExportResult: ...
    def pane_set_limit(
        self,
        session: str,
        pane: str | int,
        kind: Literal["cpu", "mem", "procs", "io"],
        value: str,
        *,
        action: Literal["throttle", "warn", "stop", "kill"] | None = None,
    ) -> PaneSetLimitResult: ...
    def pane_get_limits(
        self,
        session: str,
        pane: str | int,
    ) -> PaneGetLimitsResult: ...
    def pane_clear_limit(
        self,
        session: str,
        pane: str | int,
        kind: Literal["cpu", "mem", "procs", "io"] | None = None,
    ) -> PaneClearLimitResult: ...
    def agent_profiles(
        self,
        profile: str | None = None,
        *,
        check: bool = False,
    ) -> AgentProfilesResult: ...
    def agent_classify(
        self,
        *,
        profile: str | None = None,
        screen: str | None = None,
        title: str | None = None,
        cursor: str | None = None,
        size: str | None = None,
        progress: int | None = None,
    ) -> AgentClassifyResult: ...
    def agent_spawn(
        self,
        role: str,
        *,
        profile: str | None = None,
        id: str | None = None,
        dir: str | None = None,
        parent: str | None = None,
        context: str | None = None,
        count: int | None = None,
        model: str | None = None,
        args: str | None = None,
        env: str | None = None,
        session: str | None = None,
        window: bool = False,
        split: bool = False,
        timeout: float | None = None,
    ) -> AgentSpawnResult: ...
    def agent_interrupt(
        self,
        id: str,
        *,
        timeout: float | None = None,
    ) -> AgentInterruptResult: ...
    def agent_terminate(
        self,
        id: str,
        *,
        cascade: bool = False,
        grace: float | None = None,
    ) -> AgentTerminateResult: ...
    def agent_adopt(
        self,
        session: str,
        pane: str | int,
        *,
        profile: str | None = None,
        role: str | None = None,
        id: str | None = None,
    ) -> AgentAdoptResult: ...
    def agent_list(
        self,
        *,
        role: str | None = None,
        parent: str | None = None,
        state: str | None = None,
        tree: bool = False,
    ) -> AgentListResult: ...
    def agent_status(
        self,
        id: str,
    ) -> AgentStatusResult: ...
    def agent_explain(
        self,
        id: str,
    ) -> AgentExplainResult: ...
    def agent_wait(
        self,
        id: str,
        *,
        state: str | None = None,
        timeout: float | None = None,
    ) -> AgentWaitResult: ...
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
        print: bool = False,
    ) -> SkillResult: ...
    def version(
        self,
    ) -> VersionResult: ...
    def config_show(
        self,
        *,
        origin: bool = False,
    ) -> ConfigShowResult: ...
    def config_get(
        self,
        key: str,
    ) -> ConfigGetResult: ...
    def config_set(
        self,
        key: str,
        value: str | None = None,
        *,
        project: bool = False,
    ) -> ConfigSetResult: ...
    def config_validate(
        self,
    ) -> ConfigValidateResult: ...
    def config_init(
        self,
        *,
        project: bool = False,
    ) -> ConfigInitResult: ...
    def config_path(
        self,
    ) -> ConfigPathResult: ...
    def doctor(
        self,
        *,
        fix: bool = False,
        bundle: str | None = None,
    ) -> DoctorResult: ...
    def logs_show(
        self,
        lines: int | None = None,
        *,
        level: Literal["debug", "info", "warn", "error"] | None = None,
        command: str | None = None,
        session: str | None = None,
        correlation: str | None = None,
        audit: bool = False,
    ) -> LogsShowResult: ...
    def schema(
        self,
        command: str | None = None,
    ) -> SchemaResult: ...
    def completion(
        self,
        shell: Literal["bash", "zsh", "fish"],
        *,
        install: bool = False,
        raw: bool = False,
    ) -> CompletionResult: ...
    def complete(
        self,
        kind: Literal["session", "pane", "label", "run", "group", "subscription"],
        session: str | None = None,
    ) -> CompleteResult: ...

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
        inline: bool = False,
        propagate: bool = False,
        subshell: bool = False,
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
        running: bool = False,
        limit: int | None = None,
        all: bool = False,
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
    async def pane_interact(
        self,
        session: str,
        pane: str | int,
    ) -> PaneInteractResult: ...
    async def top(
        self,
        *,
        interval: float | None = None,
        filter: str | None = None,
        session: str | None = None,
    ) -> TopResult: ...
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
        *,
        patient: bool = False,
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
    async def pane_label(
        self,
        session: str,
        pane: str | int,
        label: str,
    ) -> PaneLabelResult: ...
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
        port: int | None = None,
        timeout: float | None = None,
        since: str | None = None,
        screen: bool = False,
        patient: bool = False,
    ) -> PaneWaitForResult: ...
    async def pane_ask(
        self,
        session: str,
        pane: str | int,
        text: str,
        *,
        pattern: str | None = None,
        idle: int | None = None,
        timeout: float | None = None,
    ) -> PaneAskResult: ...
    async def daemon_start(
        self,
        session: str | None = None,
        *,
        foreground: bool = False,
        install: bool = False,
    ) -> DaemonStartResult: ...
    async def daemon_stop(
        self,
        *,
        uninstall: bool = False,
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
        argv: str | None = None,
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
    async def group_create(
        self,
        group: str,
    ) -> GroupCreateResult: ...
    async def group_add(
        self,
        group: str,
        session: str,
    ) -> GroupAddResult: ...
    async def group_remove(
        self,
        group: str,
        session: str,
    ) -> GroupRemoveResult: ...
    async def group_delete(
        self,
        group: str,
    ) -> GroupDeleteResult: ...
    async def group_list(
        self,
        group: str | None = None,
    ) -> GroupListResult: ...
    async def group_exec(
        self,
        group: str,
        command: str,
        *,
        wait: bool = False,
        subshell: bool = False,
        timeout: float | None = None,
    ) -> GroupExecResult: ...
    async def group_start(
        self,
        group: str,
        *,
        timeout: float | None = None,
    ) -> GroupStartResult: ...
    async def group_save(
        self,
        group: str,
        *,
        scrollback: bool = False,
    ) -> GroupSaveResult: ...
    async def group_restore(
        self,
        group: str,
        *,
        replay: bool = False,
    ) -> GroupRestoreResult: ...
    async def group_kill(
        self,
        group: str,
        *,
        self_: bool = False,
    ) -> GroupKillResult: ...
    async def session_depends(
        self,
        session: str,
        needed: str,
    ) -> SessionDependsResult: ...
    async def session_depends_remove(
        self,
        session: str,
        needed: str,
    ) -> SessionDependsRemoveResult: ...
    async def session_dependencies(
        self,
        session: str | None = None,
    ) -> SessionDependenciesResult: ...
    async def session_health(
        self,
        session: str,
    ) -> SessionHealthResult: ...
    async def session_wait_healthy(
        self,
        session: str,
        timeout: float | None = None,
    ) -> SessionWaitHealthyResult: ...
    async def session_health_set(
        self,
        session: str,
        *,
        present: str | None = None,
        absent: str | None = None,
        port: int | None = None,
        http: str | None = None,
        command: str | None = None,
        process: str | None = None,
        start: str | None = None,
        interval: float | None = None,
        retries: int | None = None,
        start_period: float | None = None,
        restart: Literal["never", "unhealthy"] | None = None,
        backoff: float | None = None,
        clear: bool = False,
    ) -> SessionHealthSetResult: ...
    async def session_start(
        self,
        session: str,
        *,
        timeout: float | None = None,
    ) -> SessionStartResult: ...
    async def sessions_list_all(
        self,
    ) -> SessionsListAllResult: ...
    async def panes_count_global(
        self,
    ) -> PanesCountGlobalResult: ...
    async def sessions_find_pattern(
        self,
        pattern: str,
        lines: int | None = None,
    ) -> SessionsFindPatternResult: ...
    async def session_save(
        self,
        session: str,
        file: str | None = None,
        *,
        scrollback: bool = False,
    ) -> SessionSaveResult: ...
    async def session_restore(
        self,
        source: str,
        *,
        as_: str | None = None,
        replay: bool = False,
        replay_allow: str | None = None,
        dry_run: bool = False,
        atomic: bool = False,
        on_conflict: Literal["refuse", "rename", "skip"] | None = None,
    ) -> SessionRestoreResult: ...
    async def session_snapshots(
        self,
        session: str | None = None,
    ) -> SessionSnapshotsResult: ...
    async def session_snapshot_show(
        self,
        file: str,
    ) -> SessionSnapshotShowResult: ...
    async def session_snapshot_delete(
        self,
        file: str,
    ) -> SessionSnapshotDeleteResult: ...
    async def session_diff(
        self,
        file: str,
        other: str | None = None,
    ) -> SessionDiffResult: ...
    async def session_autosave(
        self,
        session: str,
        interval: float | None = None,
    ) -> SessionAutosaveResult: ...
    async def session_autosave_stop(
        self,
        session: str,
    ) -> SessionAutosaveStopResult: ...
    async def gc_status(
        self,
    ) -> GcStatusResult: ...
    async def gc_run(
        self,
        mode: Literal["force"] | None = None,
        *,
        force: bool = False,
        dry_run: bool = False,
        ttl: float | None = None,
    ) -> GcRunResult: ...
    async def gc_enable(
        self,
        ttl: int | None = None,
    ) -> GcEnableResult: ...
    async def gc_disable(
        self,
    ) -> GcDisableResult: ...
    async def gc_protect(
        self,
        session: str,
    ) -> GcProtectResult: ...
    async def gc_unprotect(
        self,
        session: str,
    ) -> GcUnprotectResult: ...
    async def state_migrate(
        self,
        *,
        check: bool = False,
        from_: str | None = None,
    ) -> StateMigrateResult: ...
    async def pane_metrics(
        self,
        session: str,
        pane: str | int,
        *,
        interval: float | None = None,
    ) -> PaneMetricsResult: ...
    async def session_metrics(
        self,
        session: str,
        *,
        interval: float | None = None,
    ) -> SessionMetricsResult: ...
    async def metrics_history(
        self,
        session: str,
        pane: str | int,
        duration: str | None = None,
        *,
        buckets: int | None = None,
    ) -> MetricsHistoryResult: ...
    async def metrics_export(
        self,
        session: str | None = None,
        *,
        format: Literal["prometheus", "json", "csv"] | None = None,
        plain: bool = False,
        interval: float | None = None,
    ) -> MetricsExportResult: ...
    async def pane_set_limit(
        self,
        session: str,
        pane: str | int,
        kind: Literal["cpu", "mem", "procs", "io"],
        value: str,
        *,
        action: Literal["throttle", "warn", "stop", "kill"] | None = None,
    ) -> PaneSetLimitResult: ...
    async def pane_get_limits(
        self,
        session: str,
        pane: str | int,
    ) -> PaneGetLimitsResult: ...
    async def pane_clear_limit(
        self,
        session: str,
        pane: str | int,
        kind: Literal["cpu", "mem", "procs", "io"] | None = None,
    ) -> PaneClearLimitResult: ...
    async def agent_profiles(
        self,
        profile: str | None = None,
        *,
        check: bool = False,
    ) -> AgentProfilesResult: ...
    async def agent_classify(
        self,
        *,
        profile: str | None = None,
        screen: str | None = None,
        title: str | None = None,
        cursor: str | None = None,
        size: str | None = None,
        progress: int | None = None,
    ) -> AgentClassifyResult: ...
    async def agent_spawn(
        self,
        role: str,
        *,
        profile: str | None = None,
        id: str | None = None,
        dir: str | None = None,
        parent: str | None = None,
        context: str | None = None,
        count: int | None = None,
        model: str | None = None,
        args: str | None = None,
        env: str | None = None,
        session: str | None = None,
        window: bool = False,
        split: bool = False,
        timeout: float | None = None,
    ) -> AgentSpawnResult: ...
    async def agent_interrupt(
        self,
        id: str,
        *,
        timeout: float | None = None,
    ) -> AgentInterruptResult: ...
    async def agent_terminate(
        self,
        id: str,
        *,
        cascade: bool = False,
        grace: float | None = None,
    ) -> AgentTerminateResult: ...
    async def agent_adopt(
        self,
        session: str,
        pane: str | int,
        *,
        profile: str | None = None,
        role: str | None = None,
        id: str | None = None,
    ) -> AgentAdoptResult: ...
    async def agent_list(
        self,
        *,
        role: str | None = None,
        parent: str | None = None,
        state: str | None = None,
        tree: bool = False,
    ) -> AgentListResult: ...
    async def agent_status(
        self,
        id: str,
    ) -> AgentStatusResult: ...
    async def agent_explain(
        self,
        id: str,
    ) -> AgentExplainResult: ...
    async def agent_wait(
        self,
        id: str,
        *,
        state: str | None = None,
        timeout: float | None = None,
    ) -> AgentWaitResult: ...
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
        print: bool = False,
    ) -> SkillResult: ...
    async def version(
        self,
    ) -> VersionResult: ...
    async def config_show(
        self,
        *,
        origin: bool = False,
    ) -> ConfigShowResult: ...
    async def config_get(
        self,
        key: str,
    ) -> ConfigGetResult: ...
    async def config_set(
        self,
        key: str,
        value: str | None = None,
        *,
        project: bool = False,
    ) -> ConfigSetResult: ...
    async def config_validate(
        self,
    ) -> ConfigValidateResult: ...
    async def config_init(
        self,
        *,
        project: bool = False,
    ) -> ConfigInitResult: ...
    async def config_path(
        self,
    ) -> ConfigPathResult: ...
    async def doctor(
        self,
        *,
        fix: bool = False,
        bundle: str | None = None,
    ) -> DoctorResult: ...
    async def logs_show(
        self,
        lines: int | None = None,
        *,
        level: Literal["debug", "info", "warn", "error"] | None = None,
        command: str | None = None,
        session: str | None = None,
        correlation: str | None = None,
        audit: bool = False,
    ) -> LogsShowResult: ...
    async def schema(
        self,
        command: str | None = None,
    ) -> SchemaResult: ...
    async def completion(
        self,
        shell: Literal["bash", "zsh", "fish"],
        *,
        install: bool = False,
        raw: bool = False,
    ) -> CompletionResult: ...
    async def complete(
        self,
        kind: Literal["session", "pane", "label", "run", "group", "subscription"],
        session: str | None = None,
    ) -> CompleteResult: ...
