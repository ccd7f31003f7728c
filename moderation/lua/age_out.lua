-- age_out: threads leave one wall because they are old or the wall is full. No decision: their state stays.
-- KEYS: each thread, one place.
-- Answer: OK how many left (fewer: some did not hang any more).
local first = 1 + #a.tids
local left = 0
for i, tid in ipairs(a.tids) do
  a.tid = tid -- what the feed's entry names
  if redis.call('ZREM', KEYS[first + WALL], tid) == 1 then
    left = left + 1
    tell_screens(first, 'hide', redis.call('HGET', KEYS[i], 'root') or '', redis.call('HINCRBY', KEYS[i], 'version', 1))
  end
end
return {'OK', left}
