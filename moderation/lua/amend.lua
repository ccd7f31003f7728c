-- amend: a record of a place's roster (a screen, the place itself) is as a person wants it from now on.
-- KEYS: the table of such records, place.
-- Answer: OK, also to the same call again; or MISSING, AGAIN (it is no longer as the caller read it).
local stands = standing(KEYS[1], a.id)
if stands then
  return {stands}
end
redis.call('HSET', KEYS[1], a.id, a.after)
a.tid = a.id -- what the feed calls it: no thread
tell_desk(2, a.what, a.id, 0)
return {'OK'}
