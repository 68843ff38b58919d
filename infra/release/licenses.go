package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// linked are the main packages of the programs in an archive.
var linked = []string{"./infra/cdk", "./infra/operator", "./functions/..."}

// licenseFile matches the names of license files and of notices that a license requires to pass on.
var licenseFile = regexp.MustCompile(`(?i)^(license|licence|copying|notice|patents)`)

// module is a module that a program links, or Go's standard library.
type module struct {
	name, dir string
	folders   []string // the folders of the linked packages
}

// licenses returns the licenses of all linked modules. A module without a license is an error.
func (r release) licenses() (string, error) {
	modules, err := r.modules()
	if err != nil {
		return "", err
	}
	var all strings.Builder
	all.WriteString("The programs in this archive contain the following software, under these licenses.\n")
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		m := modules[name]
		files, err := m.licenses()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&all, "\n%s\n%s\n", strings.Repeat("=", 80), name)
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			file := strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(m.dir)+"/")
			fmt.Fprintf(&all, "\n%s:\n\n%s\n", file, strings.TrimSpace(string(text)))
		}
	}
	return all.String(), nil
}

// modules returns the modules that are linked on the platform, by name and version.
func (r release) modules() (map[string]*module, error) {
	system, architecture, _ := strings.Cut(r.platform, "-")
	format := "{{if .Standard}}Go " + runtime.Version() + "\t{{.Root}}\t{{.Root}}" +
		"{{else if not .Module.Main}}{{.Module.Path}} {{.Module.Version}}\t{{.Module.Dir}}\t{{.Dir}}{{end}}"
	list := exec.Command("go", append([]string{"list", "-deps", "-tags", "lambda.norpc", "-f", format}, linked...)...)
	list.Dir = r.root
	list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+architecture, "CGO_ENABLED=0")
	var problem strings.Builder
	list.Stderr = &problem
	lines, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list what is linked: %w: %s", err, problem.String())
	}
	all := map[string]*module{}
	for line := range strings.Lines(string(lines)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if all[fields[0]] == nil {
			all[fields[0]] = &module{name: fields[0], dir: fields[1]}
		}
		all[fields[0]].folders = append(all[fields[0]].folders, fields[2])
	}
	return all, nil
}

// licenses returns the paths of the license files in the folders of the linked packages and in the folders above them.
func (m *module) licenses() (paths []string, err error) {
	var folders []string
	for _, folder := range m.folders {
		for len(folder) >= len(m.dir) {
			folders = append(folders, folder)
			folder = filepath.Dir(folder)
		}
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if entry.Type().IsRegular() && licenseFile.MatchString(entry.Name()) && filepath.Ext(entry.Name()) != ".go" {
				paths = append(paths, filepath.Join(folder, entry.Name()))
			}
		}
	}
	if len(paths) == 0 {
		return nil, errors.New("module " + m.name + " has no license in " + m.dir)
	}
	return paths, nil
}
