package dynamo

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/parallel"
)

const (
	maxPrefixWords = 64 // words with a prefix whose postings are merged
	searchQueries  = 16 // at a time
)

// addRows writes the rows that are not in existing, and others with them. Words come after
// their postings, and are only written if they are missing.
func (s *Store) addRows(ctx context.Context, rows, existing map[key]bool, others ...types.WriteRequest) error {
	words := map[key]bool{}
	for k := range rows {
		switch {
		case existing[k]:
		case k.isWord():
			words[k] = true
		default:
			others = append(others, putRequest(k))
		}
	}
	if err := s.batchWrite(ctx, others); err != nil {
		return err
	}
	return s.putMissing(ctx, words)
}

// removeRows deletes the rows that are not in keep, and the words that no posting is left of.
func (s *Store) removeRows(ctx context.Context, rows, keep map[key]bool) error {
	var writes []types.WriteRequest
	var words []key
	for k := range rows {
		switch {
		case keep[k]:
		case k.isWord():
			words = append(words, k)
		default:
			writes = append(writes, deleteRequest(k))
		}
	}
	if err := s.batchWrite(ctx, writes); err != nil {
		return err
	}
	return parallel.ForEach(words, searchQueries, func(k key) error { return s.settleWord(ctx, k) })
}

// settleWord stores a word if it has postings, and deletes it otherwise. Another ticket may
// get or lose the word at the same time, so the postings are read again afterwards.
func (s *Store) settleWord(ctx context.Context, word key) error {
	for first, before := true, false; ; first = false {
		used, err := s.hasPosting(ctx, word)
		if err != nil || !first && used == before {
			return err
		}
		if before = used; used {
			err = s.putMissing(ctx, map[key]bool{word: true})
		} else {
			_, err = s.remove(ctx, word, "", nil)
		}
		if err != nil {
			return err
		}
	}
}

// hasPosting reports whether a ticket or user has the word.
func (s *Store) hasPosting(ctx context.Context, word key) (bool, error) {
	out, err := s.queryPage(ctx, queryInput("PK = :pk", values{"pk": postingsOfWord(word)}, consistent, pageOf(1)))
	if err != nil {
		return false, err
	}
	return len(out.Items) > 0, nil
}

// wordsWithPrefix returns the words with a prefix of three or more letters. complete is false
// if they are more than are merged.
func (s *Store) wordsWithPrefix(ctx context.Context, scope, prefix string) (words []string, complete bool, err error) {
	out, err := s.queryPage(ctx, queryInput("PK = :pk AND begins_with(SK, :prefix)",
		values{"pk": wordsPK(scope, prefix), "prefix": prefix}, pageOf(maxPrefixWords+1)))
	if err != nil {
		return nil, false, err
	}
	keys, err := decodeAll[key](out.Items)
	for _, k := range keys {
		words = append(words, k.SK)
	}
	return words, len(words) <= maxPrefixWords, err
}

// hasPrefix reports whether a ticket or user has a word with the prefix. size is the number of bytes
// of the words that it reads.
func (s *Store) hasPrefix(ctx context.Context, subjectID, prefix string) (has bool, size int, err error) {
	records, err := queryAs[indexedTermsItem](ctx, s, queryInput("PK = :pk", values{"pk": indexedTermsKey(subjectID, "").PK}))
	for _, i := range records {
		for _, term := range i.staffTerms() {
			has = has || strings.HasPrefix(term, prefix)
			size += len(term)
		}
	}
	return has, size, err
}
