package pgserver

import (
	"errors"
	"os"
	osuser "os/user"
	"strconv"
	"syscall"
)

// user is whom the server runs as. The zero value is whoever runs this program.
type user struct {
	uid, gid uint32
	groups   []uint32
	other    bool // not whoever runs this program
}

// serverUser chooses the user: root cannot run Postgres, so it takes the folder's owner or the user postgres.
func serverUser(dir string) (user, error) {
	if os.Geteuid() != 0 {
		return user{}, nil
	}
	if info, err := os.Stat(dir); err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 {
			return user{uid: st.Uid, gid: st.Gid, other: true}, nil
		}
	}
	account, err := osuser.Lookup("postgres")
	if err != nil {
		account, err = osuser.Lookup("nobody")
	}
	if err != nil {
		return user{}, err
	}
	ids := []string{account.Uid, account.Gid}
	if groups, err := account.GroupIds(); err == nil {
		ids = append(ids, groups...)
	}
	var numbers []uint32
	for _, id := range ids {
		n, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return user{}, errors.New("the user's ids are not numbers")
		}
		numbers = append(numbers, uint32(n))
	}
	return user{uid: numbers[0], gid: numbers[1], groups: numbers[2:], other: true}, nil
}

// own gives a file or folder to the user.
func (u user) own(path string) error {
	if !u.other {
		return nil
	}
	return os.Chown(path, int(u.uid), int(u.gid))
}

// attributes are those of a process that runs as the user on dir. longLived ones are set up to end with this process, where
// the system can do that.
func (u user) attributes(dir string, longLived bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C at the terminal is for this program, which stops the server in order
	if u.other {
		a.Credential = &syscall.Credential{Uid: u.uid, Gid: u.gid, Groups: u.groups}
	}
	bind(a, longLived)
	if u.other {
		reach(a, u, dir)
	}
	return a
}
