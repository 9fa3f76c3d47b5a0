package main

import "github.com/spf13/cobra"

func auditCommand(p *program) *cobra.Command {
	return group("audit", "Check the audit log, and keep it short",
		"  roster audit verify\n  roster audit prune --before 2025-01-01",
		auditVerifyCommand(p), auditPruneCommand(p))
}
