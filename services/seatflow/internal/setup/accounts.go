package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seatflow/seatflow/proto/contract"
)

// ServerConfig is the accounts and users in nats-server's own words, for its include
// directive; the embedded server reads the same text.
//
// The services share an account, which has JetStream. Each publisher has one of its own
// and sees nothing of the services' but its imports, so that no reply subject it names
// leads anywhere. Within their accounts users have the contract's rights only.
func ServerConfig(users []User) string {
	var b strings.Builder
	b.WriteString("# Made by seatflow setup. Include it in the NATS server's configuration.\naccounts {\n")
	var done []string
	for _, u := range users {
		if slices.Contains(done, u.Account) {
			continue
		}
		done = append(done, u.Account)
		fmt.Fprintf(&b, "  %q {\n", u.Account)
		if u.Account == contract.Account {
			b.WriteString("    jetstream: enabled\n")
		}
		b.WriteString("    users: [\n")
		for _, member := range users {
			if member.Account == u.Account {
				b.WriteString(member.config())
			}
		}
		b.WriteString("    ]\n")
		if u.Account == contract.Account {
			b.WriteString(exports(users))
		}
		b.WriteString(imports(u.Imports))
		b.WriteString("  }\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// config is one entry of an account's users.
func (u User) config() string {
	if u.Rights == nil {
		return fmt.Sprintf("      # %s\n      { nkey: %s }\n", u.Name, u.Public)
	}
	respond := ""
	if u.Rights.Respond {
		respond = "        allow_responses: { max: 1, expires: \"30s\" }\n"
	}
	return fmt.Sprintf("      # %s\n      { nkey: %s, permissions: {\n        publish: %s\n        subscribe: %s\n%s      } }\n",
		u.Name, u.Public, only(u.Rights.Publish), only(u.Rights.Subscribe), respond)
}

// only allows these subjects; no subjects allow nothing.
func only(subjects []string) string {
	if len(subjects) == 0 {
		return `{ deny: [">"] }`
	}
	return "{ allow: [" + quoted(subjects) + "] }"
}

// exports lets exactly those accounts import a subject that the contract gives it to.
func exports(users []User) string {
	var order []contract.Import
	to := map[contract.Import][]string{}
	for _, u := range users {
		for _, i := range u.Imports {
			if to[i] == nil {
				order = append(order, i)
			}
			to[i] = append(to[i], u.Account)
		}
	}
	var b strings.Builder
	b.WriteString("    exports: [\n")
	for _, i := range order {
		fmt.Fprintf(&b, "      { %s: %q, accounts: [%s] }\n", kind(i), i.Subject, quoted(to[i]))
	}
	b.WriteString("    ]\n")
	return b.String()
}

func imports(all []contract.Import) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("    imports: [\n")
	for _, i := range all {
		fmt.Fprintf(&b, "      { %s: { account: %q, subject: %q } }\n", kind(i), contract.Account, i.Subject)
	}
	b.WriteString("    ]\n")
	return b.String()
}

// kind is what nats-server calls an import that is published to, or read.
func kind(i contract.Import) string {
	if i.Service {
		return "service"
	}
	return "stream"
}

func quoted(all []string) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = `"` + s + `"`
	}
	return strings.Join(out, ", ")
}
