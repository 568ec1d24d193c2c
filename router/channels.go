package main

import (
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// Channels is what is believed of other channels' calendars, and Feeds where those may be. They are named here because a
// configuration embeds them beside others.
type (
	Channels = channels.Config
	Feeds    = feeds.Config
)

// ChannelsConfig is what reading the calendars of other channels needs, whoever wants them read. It is exported because what
// loads configurations passes over what is embedded and is not.
type ChannelsConfig struct {
	Database
	Channels
	Feeds
}

// channelsConnections is what reading feeds may hold at once. It is a share of its own: what feeds change is written down
// however busy the functions are that asked for it, and the other way round.
const channelsConnections = 4

// channels is how this process reads the calendars of other channels: one for all its functions, which share looks.
func (r *resources) channels(c ChannelsConfig) (*channels.Channels, error) {
	if r.reader != nil {
		return r.reader, nil
	}
	pool, err := r.database(c.Database)
	if err != nil {
		return nil, err
	}
	r.feeds = feeds.New(c.Feeds)
	r.reader = channels.New(c.Channels, channels.Deps{
		Store: postgres.NewCalendars(pool.Share(channelsConnections)), Fetch: r.feeds, Now: r.now, Log: r.log,
	})
	return r.reader, nil
}
