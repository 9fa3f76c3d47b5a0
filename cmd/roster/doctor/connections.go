package doctor

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// unreserved is the value of DatabaseConnections that bounds nothing.
const unreserved = "unreserved"

// choices are the numbers that DatabaseConnections takes.
var choices = []int{50, 75, 150, 300, 600, 1200}

// room compares how many connections the functions may have with how many the server
// allows. Four fifths are for the functions: docs/database.md says why.
func room(ctx context.Context, conn *pgx.Conn, connections string) Finding {
	const check = "database: connections"
	var most int
	if err := conn.QueryRow(ctx, `select current_setting('max_connections')::int`).Scan(&most); err != nil {
		return failed(check, reason(err), "")
	}
	return judgeRoom(most, connections)
}

func judgeRoom(most int, connections string) Finding {
	const check = "database: connections"
	best := 0
	for _, n := range choices {
		if n <= most*4/5 {
			best = n
		}
	}
	fix := fmt.Sprintf("deploy with DatabaseConnections=%d: docs/database.md#connections", best)
	if best == 0 {
		fix = "take a server with more connections: docs/database.md#connections"
	}
	found := fmt.Sprintf("the server allows %d, ", most)
	switch n, err := strconv.Atoi(connections); {
	case connections == "":
		return notChecked(check, found+"and how many the functions may have is not known", "give --stack, or --connections with the parameter DatabaseConnections")
	case connections == unreserved:
		return warning(check, found+"and nothing bounds those of the functions", fix)
	case err != nil || n <= 0:
		return failed(check, "DatabaseConnections is "+connections+", which is no number", fix)
	case n > most*4/5:
		return failed(check, found+fmt.Sprintf("and the functions may have %d, more than four fifths", n), fix)
	default:
		return ok(check, found+fmt.Sprintf("and the functions may have %d", n))
	}
}
