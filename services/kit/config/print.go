package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// help is kong's own help followed by the secrets, which are no flags.
func (l *loader) help(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	var lines []string
	for _, f := range ctx.Flags() {
		if f.Target.Type() == secretType && len(f.Tag.Envs) > 0 {
			lines = append(lines, fmt.Sprintf("  %s, %s_FILE\n        %s", f.Tag.Envs[0], f.Tag.Envs[0], f.Help))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(ctx.Stdout, "\nSecrets (from the environment, or from the file that the second name points to):\n%s\n",
		strings.Join(lines, "\n"))
	return err
}

// print shows the settings in effect, by variable where they have one, with secrets hidden.
func (l *loader) print() {
	l.eachValue(func(v *kong.Value) {
		if v.Flag == nil || v.Name == "check" || !l.chosen[v] {
			return
		}
		name := "--" + v.Name
		if len(v.Tag.Envs) > 0 {
			name = v.Tag.Envs[0]
		}
		_, _ = fmt.Fprintf(l.out, "%s=%s\n", name, written(v)) // a closed terminal is no fault of the settings
	})
}

// written is a value as its variable takes it; a secret is hidden.
func written(v *kong.Value) string {
	var parts []string
	switch v.Target.Kind() {
	case reflect.Slice:
		for i := range v.Target.Len() {
			parts = append(parts, fmt.Sprint(v.Target.Index(i).Interface()))
		}
		return strings.Join(parts, ",")
	case reflect.Map:
		for key, value := range v.Target.Seq2() {
			parts = append(parts, fmt.Sprintf("%v=%v", key.Interface(), value.Interface()))
		}
		slices.Sort(parts)
		return strings.Join(parts, ";")
	default:
		return fmt.Sprint(v.Target.Interface())
	}
}
