-- lease: one process at a time has a thing to do (poll a channel, empty an outbox).
-- KEYS: the lease. Answer: OK while it is the owner's, CONFLICT while it is another's.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= a.owner then
  return {'CONFLICT'}
end
if a.release then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], a.owner, 'PX', a.milliseconds)
end
return {'OK'}
