-- age_out: a thread leaves one wall because it is old or the wall is full. No decision: its state stays.
-- KEYS: thread, one place.
-- Answer: OK version, or MISSING (it does not hang), AGAIN.
local t = KEYS[1]
local first = 2

if not redis.call('ZSCORE', KEYS[first + WALL], a.tid) then
  return {'MISSING'}
end
if moved(t, 'root') then
  return {'AGAIN'}
end
redis.call('ZREM', KEYS[first + WALL], a.tid)
local version = redis.call('HINCRBY', t, 'version', 1)
tell_screens(first, 'hide', a.root, version)
return {'OK', version}
