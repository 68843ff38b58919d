package main

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// result is the parsed key of one of the guidance's objects. An image's key is
// [PREFIX/]ID/ID-RAND-N.EXT, and a raw output's is [PREFIX/]ID/ID-RAND.out (process_message in the
// guidance's main.py, upload_file in its s3_action.py).
type result struct {
	run   string // [PREFIX/]ID/ID-RAND, the beginning of all keys of a run
	image int    // the image's number, from 1; 0 for the raw output
}

// randomBytes is the length of a run's random part, including its hyphen.
const randomBytes = len("-0f3c")

// resultKey matches a run's name followed by an image's number and extension (None if the guidance
// found no extension), or by .out. Because .+ is greedy, the last possible random part counts.
var resultKey = regexp.MustCompile(`(?s)^(.+-[0-9a-f]{4})(?:-([1-9][0-9]{0,5})(?:\.?None|\.[A-Za-z0-9]+)|\.out)$`)

// readKey parses a key. ok is false if the guidance doesn't write such keys.
func readKey(key string) (r result, ok bool) {
	match := resultKey.FindStringSubmatch(key)
	if match == nil {
		return result{}, false
	}
	number, _ := strconv.Atoi(match[2]) // "" for a raw output
	r = result{run: match[1], image: number}
	return r, len(taskIDs(r.run)) > 0
}

// Reasons why a run's keys don't give the task's ID.
var (
	errAmbiguous = errors.New("its keys match more than one task id")
	errNoID      = errors.New("its task's id is empty")
	errNotText   = errors.New("its task's id is not valid UTF-8")
)

// taskID returns the id of a run's task.
func taskID(run string) (string, error) {
	switch ids := taskIDs(run); {
	case len(ids) > 1:
		return "", errAmbiguous
	case ids[0] == "":
		return "", errNoID
	case !utf8.ValidString(ids[0]):
		return "", errNotText
	default:
		return ids[0], nil
	}
}

// taskIDs returns all IDs that match a run's [PREFIX/]ID/ID: usually a single ID, but an ID may contain
// slashes, and a prefix may end with the ID.
func taskIDs(run string) (ids []string) {
	folderAndID := run[:len(run)-randomBytes]
	for i := range len(folderAndID) {
		if folderAndID[i] != '/' {
			continue
		}
		folder, id := folderAndID[:i], folderAndID[i+1:]
		if folder == id || strings.HasSuffix(folder, "/"+id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// splitPoint returns where to split a range of keys near a key, so that no run has keys on both
// sides. That is a prefix of all keys of the key's run, and of the runs whose keys surround them. For
// a key without a random part, it is the key.
func splitPoint(key string) string {
	if at := randomPart.FindStringIndex(key); at != nil {
		return key[:at[1]-1]
	}
	return key
}

// randomPart matches the first possible random part of a key.
var randomPart = regexp.MustCompile(`-[0-9a-f]{4}[-.]`)
