package main

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// result is what a key of the publisher's tells: of an image,
// [PREFIX/]ID/ID-RAND-N.EXT, or of a run's raw output, [PREFIX/]ID/ID-RAND.out
// (process_message in the publisher's main.py, upload_file in its s3_action.py).
type result struct {
	// run is [PREFIX/]ID/ID-RAND, what all keys of its run begin with.
	run string
	// image is the image's number, from 1; 0 for the raw output.
	image int
}

// randomBytes is the length of a run's random part with its hyphen.
const randomBytes = len("-0f3c")

// resultKey has a run, then an image's number and extension, or None for want of
// one, or a raw output's extension. The beginning takes as much as it can, so of
// two readings it is the one with the later random part.
var resultKey = regexp.MustCompile(`(?s)^(.+-[0-9a-f]{4})(?:-([1-9][0-9]{0,5})(?:\.?None|\.[A-Za-z0-9]+)|\.out)$`)

// readKey takes a key apart; ok is false if the publisher does not write it.
func readKey(key string) (r result, ok bool) {
	match := resultKey.FindStringSubmatch(key)
	if match == nil {
		return result{}, false
	}
	number, _ := strconv.Atoi(match[2]) // "" is the raw output's
	r = result{run: match[1], image: number}
	return r, len(taskIDs(r.run)) > 0
}

// Why a run's keys do not tell the task's id.
var (
	errAmbiguous = errors.New("its keys allow several task ids")
	errNoID      = errors.New("its task's id is empty")
	errNotText   = errors.New("its task's id is not valid UTF-8")
)

// taskID is the id of a run's task.
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

// taskIDs are the ids that a run's [PREFIX/]ID/ID may be read with. Most have
// one. An id may contain slashes, and a prefix may end with the id.
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

// splitPoint is how a key must begin for a range of keys to be split before it:
// what all keys of its run begin with, and of any run whose keys lie around it.
// No run has keys on both sides then. Of a key that has no random part, it is
// the key itself.
func splitPoint(key string) string {
	if at := randomPart.FindStringIndex(key); at != nil {
		return key[:at[1]-1]
	}
	return key
}

// randomPart is the first place where a run can end.
var randomPart = regexp.MustCompile(`-[0-9a-f]{4}[-.]`)
