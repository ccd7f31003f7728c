-- put_aside: an item of a channel could not be taken in. One row for each upstream id, and only the newest so many.
-- KEYS: the rows by id, their ids by date. Answer: OK.
local rows, order = KEYS[1], KEYS[2]
redis.call('HSET', rows, a.id, a.row)
redis.call('ZADD', order, a.at, a.id)
for _, oldest in ipairs(redis.call('ZRANGE', order, 0, -1 - a.most)) do
  redis.call('HDEL', rows, oldest)
  redis.call('ZREM', order, oldest)
end
return {'OK'}
