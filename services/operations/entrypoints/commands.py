"""Every command of `huiji`: its name, where it is, and what the list of commands says of it."""

from services.operations.entrypoints.late import LateCommand, app_of

#: What follows `rebuild` is for the tool that it starts.
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

COMMANDS = (
    LateCommand(
        "demo",
        "demo:demo",
        "Start the platform on fresh data, push the demo's discharges through it, print what became of them.",
    ),
    LateCommand("up", "up:up", "Run the platform without input, on the data of the last time."),
    LateCommand(
        "down", "down:down", "Stop the platform that `up` or `demo` started; nothing running is no error."
    ),
    LateCommand(
        "status",
        "status:status",
        "Each part: up, ready, events to process, parked, not published; and the oldest claim without a decision.",
    ),
    LateCommand(
        "make-master-key",
        "make_master_key:make_master_key",
        "Make the master key unless it is there; an unusable file is an error, never replaced.",
    ),
    LateCommand(
        "make-root-key",
        "make_root_key:make_root_key",
        "Make a key for HUIJI_ROOT_KEY_FILE unless it is there, and print its public half: publish that.",
    ),
    LateCommand(
        "make-staff",
        "make_staff:make_staff",
        "Make staff.yaml, readers.yaml, hospital-callers.yaml, service-callers.yaml, the tokens beside (0600).",
    ),
    LateCommand(
        "open-pool-account",
        "open_pool_account:open_pool_account",
        "Open the pool's account at the simulated bank unless it is there.",
    ),
    LateCommand(
        "export",
        "export:export",
        "Export every service's log and the operators' own (read from the database): files per shard, and a manifest.",
    ),
    LateCommand(
        "import",
        "import_:import_export",
        "Import an export into an empty deployment: every log byte for byte and verified, or nothing at all.",
    ),
    LateCommand(
        "lag",
        "lag:lag",
        "How far each service is behind its sources, by the tables: also when it hangs or does not run.",
    ),
    LateCommand(
        "check-money",
        "check_money:check_money",
        "Check, for every claim after every event, that each fen of the bill has one bearer and payments match.",
    ),
    LateCommand(
        "verify-chain",
        "verify_chain:verify_chain",
        "Recompute every hash of every shard: an event that was changed, dropped or moved breaks the chain.",
    ),
    LateCommand(
        "verify",
        "verify:verify_command",
        "Check chains, roots, decision receipts, money, ledger against bank, and read models against logs.",
    ),
    LateCommand(
        "roots",
        "roots:roots",
        "The published roots: one per service, shard and day, each chained to the one before.",
    ),
    LateCommand(
        "evidence",
        "evidence:evidence",
        "Pack a claim's events, receipts and proofs with a timeline and a verifier that needs none of our code.",
    ),
    LateCommand(
        "claim",
        "claim:claim",
        "A claim as the read model has it, and every event on its way; at a moment: as each service folds it.",
    ),
    LateCommand(
        "person",
        "person:person",
        "A person's coverages, claims and balances as each service folds them, and every event about the person.",
    ),
    LateCommand("url", "url:url", "Print a service's base URL alone; without a name, every part's."),
    LateCommand(
        "todo",
        "todo:todo",
        "What waits for a person, due first: claims, rulings, appeals, money that came back, approvals, parked events.",
    ),
    LateCommand(
        "pay-again",
        "pay_again:pay_again",
        "Propose to pay it to another account (--to), or agree to that as a second person (--approve).",
    ),
    LateCommand(
        "clocks",
        "clocks:clocks_command",
        "Per party, for how many claims one waited for it and how long. Reads the logs; names nobody.",
    ),
    LateCommand(
        "pool",
        "pool:pool",
        "Premiums, decisions, payments, ledger and insurers' parts of a plan. Reads the logs; names nobody.",
    ),
    LateCommand(
        "evaluate",
        "evaluate:evaluate_case",
        "Evaluate a plan for a case, as adjudication does; nothing is recorded.",
    ),
    LateCommand(
        "estimate",
        "estimate:estimate",
        "Ask the running platform what would be paid, per liability and in total, and on which facts. Records nothing.",
    ),
    LateCommand(
        "hospital-key",
        "hospital_key:hospital_key",
        "Print a hospital's key as base64url (32 bytes, A256GCM). Hand it over by a safe way: it opens what it sends.",
    ),
    LateCommand(
        "hospital-token",
        "hospital_token:hospital_token_of",
        "Print the made-up token of a caller of this machine's platform, to be shown to intake.",
    ),
    LateCommand(
        "staff-token",
        "staff_token:staff_token_of",
        "Print the made-up token of a member of this machine's platform's staff.",
    ),
    LateCommand(
        "new-token",
        "hospital_token:new_token",
        "Make a token for a hospital, a service or a member of staff: the token once, and the hash for the file.",
    ),
    LateCommand(
        "simulate",
        "simulate:simulate",
        "Send generated discharges to a running platform, or write them to a file.",
    ),
    LateCommand(
        "rebuild",
        "rebuild:rebuild",
        "Build read models anew from the logs beside the live ones, and switch: NAME or --all; --help says more.",
        context_settings=_PASSED_ON,
    ),
    LateCommand(
        "what-if",
        "what_if:what_if",
        "Relive history under a changed rule in a fork that cannot touch the outside, and report who gains and loses.",
    ),
    LateCommand("plan", "plan:plan", "Plans: list, show, check, diff, schema."),
    LateCommand("insurer", "insurer:insurer", "What the insurers of a pool bear, and their statements."),
    LateCommand("access", "access:access", "Who may see what, who could see what, and who has looked."),
    LateCommand(
        "one-stop", "one_stop:one_stop", "What the insurance centre settled otherwise than we evaluate it."
    ),
    LateCommand("diff", "diff:diff", "What changed between two moments, money first."),
    LateCommand("step", "step:step", "A history event by event, with the state after each."),
    LateCommand("parked", "parked:parked", "Events that a service could not process."),
    LateCommand("breaker", "breaker:breaker", "What holds a service when most events fail."),
    LateCommand("topics", "topics:topics", "The topics that carry the services' logs."),
    LateCommand("snapshots", "snapshots:snapshots", "Snapshots of long streams' states."),
    LateCommand(
        "republish", "republish:republish", "Events once more, for a consumer that is new or lost some."
    ),
    LateCommand(
        "archive",
        "archive:archive",
        "Bodies of closed claims out of the tables, into files that prove themselves.",
    ),
    LateCommand("contracts", "contracts:contracts", "The events that services publish."),
)

app = app_of(COMMANDS)
