// What Relay compiles. A connection that it keeps and asks on, and nodes that it asks for again by their id, are its own.
import { graphql } from "relay-runtime";

graphql`
  query PlayerCandlesQuery($symbol: String!, $last: Int) {
    candles(exchange: "binance", symbol: $symbol, interval: "1m", last: $last) {
      nodes {
        id
        timestamp
        close
      }
    }
  }
`;

graphql`
  mutation PlayerSyncMutation($pair: ID!) {
    syncPair(input: { pairId: $pair }) {
      job {
        id
        status
      }
    }
  }
`;

graphql`
  mutation PlayerCancelMutation($job: ID!) {
    cancelSyncJob(input: { id: $job }) {
      job {
        status
      }
    }
  }
`;

graphql`
  subscription PlayerFollowSubscription($job: ID!) {
    syncJob(id: $job) {
      status
    }
  }
`;

graphql`
  query PlayerPairsQuery {
    ...Player_pairs
  }
`;

graphql`
  fragment Player_pairs on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 1 }, cursor: { type: "String" })
  @refetchable(queryName: "PlayerMorePairsQuery") {
    pairs(first: $count, after: $cursor) @connection(key: "Player_pairs") {
      edges {
        node {
          symbol
          ...Player_pair
        }
      }
    }
  }
`;

graphql`
  fragment Player_pair on Pair @refetchable(queryName: "PlayerPairAgainQuery") {
    symbol
    status
  }
`;
