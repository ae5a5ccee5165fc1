package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/seatflow/internal/keys"
)

// Admin is the deploy identity's NATS user: it makes streams and consumers, and no
// service runs as it.
const Admin = "admin"

// User is one NATS user with exactly the rights that the contract implies.
type User struct {
	Name   string
	Public string
	// Account is the NATS account that the user is in.
	Account string
	// Imports is what its account gets of the services'; empty for those who are in that.
	Imports []contract.Import
	// Rights is nil for the deploy identity, which may do everything in its account.
	Rights *contract.Permissions
}

// Users makes the keys that are missing and returns every NATS user.
func Users(keyDir string, sources []string) ([]User, error) {
	users := []User{{Name: Admin, Account: contract.Account}}
	for _, s := range append(slices.Clone(contract.EngineServices), contract.Portal) {
		p := contract.PermissionsOf(s)
		users = append(users, User{Name: string(s), Account: contract.Account, Rights: &p})
	}
	for _, s := range sources {
		if !ValidSource(s) {
			return nil, fmt.Errorf("the source %q: use 1 to 32 letters, digits or dashes, and no service's name", s)
		}
		p := contract.PublisherPermissions(s)
		users = append(users, User{Name: s, Account: contract.PublisherAccount(s), Imports: contract.PublisherImports(s), Rights: &p})
	}
	for i := range users {
		public, err := keys.Ensure(keyDir, users[i].Name)
		if err != nil {
			return nil, err
		}
		users[i].Public = public
	}
	return users, nil
}

// ValidSource reports whether a publisher may be called so: its name is one token of its subjects.
func ValidSource(s string) bool {
	if s == "" || len(s) > 32 || s == Admin || s == string(contract.Portal) || slices.Contains(contract.EngineServices, contract.Service(s)) {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}
