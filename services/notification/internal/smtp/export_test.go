package smtp

// What the tests look at from inside.
var (
	WriteMail      = writeMail
	IsPlainAddress = isPlainAddress
	OneLine        = oneLine
)

// Write makes the bytes of a mail and says how many they are.
func Write(m *Message) (int, error) {
	l, err := m.write()
	if err != nil {
		return 0, err
	}
	defer l.free()
	return l.body.Len(), nil
}
