package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/seatflow/seatflow/services/kit/fault"
)

var (
	secretType = reflect.TypeFor[Secret]()
	urlType    = reflect.TypeFor[URL]()
)

// maxSecretFile bounds what is read from a file that a variable names, in bytes.
const maxSecretFile = 1 << 20

// validator is what a settings struct implements to check more than one value at a time.
type validator interface{ Validate() []error }

// stringMapper decodes Secret and URL.
var stringMapper = kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
	var s string
	if err := ctx.Scan.PopValueInto("string", &s); err != nil {
		return err
	}
	if target.Type() == urlType {
		if err := checkURL(s); err != nil {
			return err
		}
	}
	target.SetString(s)
	return nil
})

// recorder decodes as the inner mapper does, but notes a fault and lets the parsing go on with the default.
type recorder struct {
	loader *loader
	inner  kong.Mapper
}

// boolRecorder is a recorder of a mapper that takes no argument on the command line.
type boolRecorder struct{ recorder }

func (boolRecorder) IsBool() bool { return true }

func (l *loader) recording(inner kong.Mapper) kong.Mapper {
	r := recorder{loader: l, inner: inner}
	if b, ok := inner.(kong.BoolMapper); ok && b.IsBool() {
		return boolRecorder{r}
	}
	return r
}

func (r recorder) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	v := ctx.Value
	token := ctx.Scan.Peek()
	if text, ok := token.Value.(string); ok && text == "" && token.Type == kong.FlagValueToken {
		ctx.Scan.Pop() // empty counts as not given
		return r.fallBack(v, target)
	}
	err := r.inner.Decode(ctx, target)
	if err == nil && v.Enum != "" {
		err = allowed(v, target)
	}
	if err != nil {
		if r.loader.chosen == nil || r.loader.chosen[v] {
			r.loader.report(label(v), "bad_value", label(v)+" is not usable: "+strings.TrimSuffix(err.Error(), ".")+".")
		}
		return r.fallBack(v, target)
	}
	if token.Type != kong.FlagValueToken || token.Value != v.Default || v.Default == "" {
		r.loader.given[v] = true
	}
	return nil
}

// fallBack sets the default, or the first allowed value, so that the rest can be checked.
func (r recorder) fallBack(v *kong.Value, target reflect.Value) error {
	text := v.Default
	if text == "" && v.Enum != "" {
		text = v.EnumSlice()[0]
	}
	target.SetZero()
	if text == "" {
		return nil
	}
	scan := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: text})
	if err := r.inner.Decode(&kong.DecodeContext{Value: v, Scan: scan}, target); err != nil {
		return fmt.Errorf("the default of %s is not usable: %w", label(v), err)
	}
	return nil
}

// allowed checks an enum setting.
func allowed(v *kong.Value, target reflect.Value) error {
	if target.Kind() == reflect.Slice {
		for i := range target.Len() {
			if err := allowed(v, target.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	got := fmt.Sprint(target.Interface())
	if v.EnumMap()[got] {
		return nil
	}
	return fmt.Errorf("%q is not one of %s", got, strings.Join(v.EnumSlice(), ", "))
}

// checkFlags refuses secrets and passwords on the command line.
func (l *loader) checkFlags(ctx *kong.Context, args []string) {
	for _, p := range ctx.Path {
		if p.Flag != nil && p.Flag.Target.Type() == secretType {
			l.report("--"+p.Flag.Name, "secret_in_flag", fmt.Sprintf(
				"--%s is a secret and cannot be a flag, which other users of this machine can read: set %s instead.",
				p.Flag.Name, variables(p.Flag.Value)))
		}
	}
	for i, arg := range args {
		name, value, attached := strings.Cut(arg, "=")
		if !strings.HasPrefix(arg, "-") {
			value, name = arg, ""
			if i > 0 && strings.HasPrefix(args[i-1], "-") {
				name = args[i-1]
			}
		} else if !attached {
			continue
		}
		if hasPassword(value) {
			l.report(name, "password_in_flag", l.passwordSentence(ctx, name))
		}
	}
}

func (l *loader) passwordSentence(ctx *kong.Context, name string) string {
	where, instead := "An argument", "its environment variable"
	for _, f := range ctx.Flags() {
		if "--"+f.Name == name {
			where = name
			if v := variables(f.Value); v != "" {
				instead = v
			}
		}
	}
	return where + " carries a password, which other users of this machine can read: set " + instead + " instead."
}

// variables names the ways to give a secret or a URL without a flag.
func variables(v *kong.Value) string {
	if len(v.Tag.Envs) == 0 {
		return ""
	}
	if t := v.Target.Type(); t != secretType && t != urlType {
		return v.Tag.Envs[0]
	}
	return v.Tag.Envs[0] + " or " + v.Tag.Envs[0] + "_FILE"
}

// readFiles fills secrets and URLs from the files that their variables with _FILE name.
func (l *loader) readFiles(ctx *kong.Context) {
	for _, p := range ctx.Path {
		for _, f := range p.Flags {
			if t := f.Target.Type(); t != secretType && t != urlType {
				continue
			}
			for _, env := range f.Tag.Envs {
				l.readFile(ctx, f, env)
			}
		}
	}
}

func (l *loader) readFile(ctx *kong.Context, f *kong.Flag, env string) {
	path := os.Getenv(env + "_FILE")
	if path == "" {
		return
	}
	if os.Getenv(env) != "" {
		l.report(label(f.Value), "given_twice", fmt.Sprintf("%s and %s_FILE are both set: use one of them.", env, env))
		return
	}
	for _, p := range ctx.Path {
		if p.Flag == f {
			return // the flag wins
		}
	}
	text, err := readSmall(path)
	if err == nil && f.Target.Type() == urlType {
		err = checkURL(text)
	}
	if err != nil {
		l.report(label(f.Value), "bad_file", fmt.Sprintf("%s_FILE is not usable: %v.", env, err))
		return
	}
	f.Target.SetString(text)
	f.Set = true
	l.given[f.Value] = text != ""
}

func readSmall(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > maxSecretFile {
		return "", fmt.Errorf("%s has %d bytes, more than %d", path, info.Size(), maxSecretFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return "", errors.New(path + " is empty")
	}
	return text, nil
}

// checkRequired reports every required setting that nothing gave, and takes the matter out of kong's hands.
func (l *loader) checkRequired(ctx *kong.Context) {
	for _, p := range ctx.Path {
		for _, f := range p.Flags {
			if f.Required && !l.given[f.Value] && !l.faulty(label(f.Value)) {
				l.report(label(f.Value), "missing", label(f.Value)+" is missing: "+strings.TrimSuffix(f.Help, ".")+".")
			}
			f.Required = false
		}
	}
}

func (l *loader) faulty(field string) bool {
	for _, v := range l.faults {
		if v.Field == field {
			return true
		}
	}
	return false
}

// faultyFlag says whether a sentence begins with a flag that has a fault already: what is missing need not be told to be
// of another form as well.
func (l *loader) faultyFlag(sentence string) bool {
	flag, _, _ := strings.Cut(sentence, " ")
	flag = strings.TrimRight(flag, ":,")
	return strings.HasPrefix(flag, "--") && slices.ContainsFunc(l.faults, func(v fault.Violation) bool {
		return v.Field == flag || strings.HasPrefix(v.Field, flag+" (")
	})
}

// validate calls Validate on the settings and on every struct inside them, but not on those of commands not chosen.
func (l *loader) validate(ctx *kong.Context) {
	chosen := map[any]bool{}
	for _, p := range ctx.Path {
		if p.Command != nil {
			chosen[p.Command.Target.Addr().Interface()] = true
		}
	}
	l.walk(reflect.ValueOf(l.cfg).Elem(), chosen)
}

func (l *loader) walk(v reflect.Value, chosen map[any]bool) {
	for i := range v.NumField() {
		field, info := v.Field(i), v.Type().Field(i)
		_, isCommand := info.Tag.Lookup("cmd")
		if !info.IsExported() || field.Kind() != reflect.Struct || isCommand && !chosen[field.Addr().Interface()] {
			continue
		}
		l.walk(field, chosen)
	}
	if check, ok := v.Addr().Interface().(validator); ok {
		for _, err := range check.Validate() {
			if err != nil && !l.faultyFlag(err.Error()) {
				l.report("", "bad_settings", sentence(err.Error()))
			}
		}
	}
}
