<?php
/**
 * Plugin Name: Enrolld Companion
 * Description: Keeps course pages for those who have access by Enrolld, hears from Enrolld when access changes, and lets the team see the site as a customer.
 * Version: 1.2.0
 * Requires at least: 5.5
 * Requires PHP: 7.4
 * Text Domain: enrolld-companion
 *
 * A must-use plugin, written and updated by Enrolld together with
 * enrolld-companion-config.php beside it. Changes made here are lost.
 *
 * Who has access is read from Enrolld's own table in the database that both
 * share, so a purchase opens a course at once, whether or not Enrolld can reach
 * this site. Where the table cannot be read, courses stay closed.
 *
 * For other plugins:
 *
 *   enrolld_has_access( $user_id, $course_id )             whether access is there now
 *   do_action( 'enrolld_access_granted', $user_id, $course_id, $signal )
 *   do_action( 'enrolld_access_revoked', $user_id, $course_id, $signal )
 *   do_action( 'enrolld_entered', $user_id, $entry )       see Enrolld_Entry
 *   do_action( 'enrolld_left', $user_id, $entry )
 *   apply_filters( 'enrolld_contact_url', '' )             link for members without access
 *   apply_filters( 'enrolld_notice_html', $html, $post_id, $state )
 *   apply_filters( 'enrolld_own_post_types', $types )      posts in which members speak: nobody
 *                                                          writes them for the member
 *
 * The actions may run more than once for one change: Enrolld repeats a message
 * whose answer it did not get. $signal['id'] is the same then. Nothing is stored
 * here to detect that; a copy of a message is refused after five minutes, and
 * until then it can only repeat what Enrolld said.
 *
 * @package Enrolld
 */

defined( 'ABSPATH' ) || exit;

if ( ! defined( 'ENROLLD_COMPANION' ) && is_readable( __DIR__ . '/enrolld-companion-config.php' ) ) {
	require_once __DIR__ . '/enrolld-companion-config.php';
}

/**
 * All of the companion. Static, because there is one site and one request.
 */
final class Enrolld_Companion {

	const VERSION     = '1.2.0';
	const META        = '_enrolld_course';
	const NONCE       = 'enrolld_course_nonce';
	const CLOCK_SKEW  = 300;
	const MAX_SIGNALS = 500;

	/**
	 * Seconds after which no further action is started, so that the answer
	 * leaves before PHP's own time limit.
	 *
	 * @var int
	 */
	private static $time_budget = 15;

	/**
	 * The course of each post looked at, 0 for none, by blog and post.
	 *
	 * @var array<string,int>
	 */
	private static $courses = array();

	/**
	 * What the table said, by blog, user and course; null when it said nothing.
	 *
	 * @var array<string,bool|null>
	 */
	private static $answers = array();

	/**
	 * Hooks everything up.
	 */
	public static function init() {
		add_action( 'init', array( __CLASS__, 'register' ) );
		add_action( 'rest_api_init', array( __CLASS__, 'register_routes' ) );
		add_filter( 'rest_authentication_errors', array( __CLASS__, 'admit' ), PHP_INT_MAX );

		// What an editor sees.
		add_action( 'add_meta_boxes_page', array( __CLASS__, 'add_meta_box' ) );
		add_action( 'save_post_page', array( __CLASS__, 'save_meta_box' ), 10, 2 );
		add_filter( 'display_post_states', array( __CLASS__, 'post_states' ), 10, 2 );

		// A page and its text, wherever it is shown.
		add_action( 'wp', array( __CLASS__, 'empty_main_query' ), 0 );
		add_action( 'template_redirect', array( __CLASS__, 'guard_view' ), 0 );
		add_filter( 'the_content', array( __CLASS__, 'filter_content' ), PHP_INT_MAX );
		add_filter( 'get_the_excerpt', array( __CLASS__, 'filter_excerpt' ), PHP_INT_MAX, 2 );
		foreach ( array( 'wpseo_metadesc', 'wpseo_opengraph_desc', 'wpseo_twitter_description', 'rank_math/frontend/description' ) as $hook ) {
			add_filter( $hook, array( __CLASS__, 'filter_description' ), PHP_INT_MAX );
		}

		// What people wrote below it.
		add_filter( 'the_comments', array( __CLASS__, 'filter_comments' ), PHP_INT_MAX );
		add_filter( 'comment_text', array( __CLASS__, 'filter_comment_text' ), PHP_INT_MAX, 2 );
		add_filter( 'get_comment_excerpt', array( __CLASS__, 'filter_comment_text' ), PHP_INT_MAX, 2 );
		add_filter( 'comment_text_rss', array( __CLASS__, 'filter_comment_text' ), PHP_INT_MAX );
		add_filter( 'comments_open', array( __CLASS__, 'filter_open' ), PHP_INT_MAX, 2 );
		add_filter( 'pings_open', array( __CLASS__, 'filter_open' ), PHP_INT_MAX, 2 );
		add_filter( 'get_comments_number', array( __CLASS__, 'filter_number' ), PHP_INT_MAX, 2 );
		foreach ( array( 'core/comments', 'core/comments-query-loop', 'core/post-comments', 'core/post-comments-form' ) as $block ) {
			add_filter( 'render_block_' . $block, array( __CLASS__, 'filter_comments_block' ), PHP_INT_MAX );
		}

		foreach ( array( 'clean_post_cache', 'added_post_meta', 'updated_post_meta', 'deleted_post_meta' ) as $hook ) {
			add_action( $hook, array( __CLASS__, 'forget_courses' ) );
		}
	}

	/**
	 * Registers the mark on pages and loads translations.
	 */
	public static function register() {
		load_muplugin_textdomain( 'enrolld-companion' );
		register_post_meta(
			'page',
			self::META,
			array(
				'type'              => 'boolean',
				'description'       => __( 'This page and the pages below it are a course.', 'enrolld-companion' ),
				'single'            => true,
				'show_in_rest'      => true,
				'sanitize_callback' => 'rest_sanitize_boolean',
				'auth_callback'     => array( __CLASS__, 'may_mark' ),
			)
		);
	}

	/**
	 * Whether a user may mark a page as a course.
	 *
	 * @param bool   $allowed Ignored: the mark is private by its name.
	 * @param string $key     Meta key.
	 * @param int    $post_id Page.
	 * @param int    $user_id User.
	 * @return bool
	 */
	public static function may_mark( $allowed, $key, $post_id, $user_id ) {
		return user_can( $user_id, 'edit_post', $post_id );
	}

	/*
	 * Configuration.
	 */

	/**
	 * The configuration of the current blog.
	 *
	 * @return array{accounts:int[],key:string,table:string,entries?:string}|null
	 */
	public static function config() {
		if ( ! defined( 'ENROLLD_COMPANION' ) ) {
			return null;
		}
		$all  = ENROLLD_COMPANION;
		$blog = get_current_blog_id();
		if ( empty( $all['blogs'][ $blog ]['key'] ) || empty( $all['blogs'][ $blog ]['accounts'] ) || empty( $all['blogs'][ $blog ]['table'] ) ) {
			return null;
		}
		return $all['blogs'][ $blog ];
	}

	/*
	 * Courses and access.
	 */

	/**
	 * The course that a post belongs to: itself, or its nearest marked ancestor.
	 *
	 * @param int $post_id Post of any type; a picture on a course page counts too.
	 * @return int The course page, 0 when the post belongs to none.
	 */
	public static function course_of( $post_id ) {
		$post_id = (int) $post_id;
		if ( $post_id <= 0 ) {
			return 0;
		}
		$memo = get_current_blog_id() . ':' . $post_id;
		if ( ! isset( self::$courses[ $memo ] ) ) {
			self::$courses[ $memo ] = 0;
			foreach ( array_merge( array( $post_id ), get_post_ancestors( $post_id ) ) as $id ) {
				if ( '1' === get_post_meta( $id, self::META, true ) ) {
					self::$courses[ $memo ] = (int) $id;
					break;
				}
			}
		}
		return self::$courses[ $memo ];
	}

	/**
	 * Forgets which post belongs to which course, because one has changed.
	 */
	public static function forget_courses() {
		self::$courses = array();
	}

	/**
	 * Asks Enrolld's table whether a user has access to a course now.
	 *
	 * @param int $user_id   User.
	 * @param int $course_id Course page.
	 * @return bool|null Null when the table cannot be read.
	 */
	public static function access( $user_id, $course_id ) {
		$user_id   = (int) $user_id;
		$course_id = (int) $course_id;
		if ( $user_id <= 0 || $course_id <= 0 ) {
			return false;
		}
		$memo = get_current_blog_id() . ':' . $user_id . ':' . $course_id;
		if ( ! array_key_exists( $memo, self::$answers ) ) {
			self::$answers[ $memo ] = self::ask( $user_id, $course_id );
		}
		return self::$answers[ $memo ];
	}

	/**
	 * Runs the query of access().
	 *
	 * @param int $user_id   User.
	 * @param int $course_id Course page.
	 * @return bool|null
	 */
	private static function ask( $user_id, $course_id ) {
		global $wpdb;
		$config = self::config();
		if ( null === $config ) {
			self::log( 'blog ' . get_current_blog_id() . ' is not configured; its courses are closed' );
			return null;
		}
		$accounts = implode( ',', array_map( 'intval', $config['accounts'] ) );
		// phpcs:disable WordPress.DB -- The table name comes from a file of ours, the accounts are integers, and a cache would serve yesterday's access.
		$query = $wpdb->prepare(
			"SELECT 1 FROM {$config['table']} WHERE account_id IN ($accounts) AND user_id = %d AND course_id = %d AND ( ends_at IS NULL OR ends_at > %s ) LIMIT 1",
			$user_id,
			$course_id,
			gmdate( 'Y-m-d H:i:s' )
		);
		// phpcs:enable
		list( $found, $error ) = self::query( $query );
		if ( '' !== $error ) {
			self::log( 'cannot read the access table: ' . $error );
			return null;
		}
		return '1' === (string) $found;
	}

	/**
	 * Runs a query of ours without printing its error.
	 *
	 * @param string $query Prepared query.
	 * @return array{0:string|null,1:string} The value found, and the error or ''.
	 */
	private static function query( $query ) {
		global $wpdb;
		$suppressed = $wpdb->suppress_errors( true );
		try {
			$found = $wpdb->get_var( $query ); // phpcs:ignore WordPress.DB
			$error = (string) $wpdb->last_error;
		} catch ( Throwable $e ) { // PHP 8.1 throws, unless WordPress tells it not to.
			$found = null;
			$error = $e->getMessage();
		}
		$wpdb->suppress_errors( $suppressed );
		return array( $found, $error );
	}

	/**
	 * How a post stands to the current user.
	 *
	 * @param int $post_id Post.
	 * @return string 'free' (no course), 'open', 'closed', or 'unknown' when
	 *                access cannot be checked, which closes it too.
	 */
	public static function state( $post_id ) {
		$course_id = self::course_of( $post_id );
		if ( 0 === $course_id ) {
			return 'free';
		}
		if ( current_user_can( 'edit_post', $post_id ) ) {
			return 'open';
		}
		$access = self::access( get_current_user_id(), $course_id );
		if ( null === $access ) {
			return 'unknown';
		}
		return $access ? 'open' : 'closed';
	}

	/**
	 * Whether a post's text must not be shown to the current user.
	 *
	 * @param int $post_id Post.
	 * @return bool
	 */
	private static function is_closed( $post_id ) {
		$state = self::state( $post_id );
		if ( 'free' === $state ) {
			return false;
		}
		self::never_cache();
		return 'open' !== $state;
	}

	/**
	 * Tells page caches to leave this answer alone: it is for one person.
	 */
	public static function never_cache() {
		if ( ! defined( 'DONOTCACHEPAGE' ) ) {
			define( 'DONOTCACHEPAGE', true );
			do_action( 'litespeed_control_set_nocache', 'course page' ); // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals
		}
	}

	/*
	 * Pages.
	 */

	/**
	 * Takes the text out of closed posts before any theme or plugin reads it
	 * past the filters. Copies are emptied, since others may hold the originals.
	 *
	 * @global WP_Query $wp_query
	 */
	public static function empty_main_query() {
		global $wp_query, $post;
		if ( is_admin() ) {
			return;
		}
		foreach ( (array) $wp_query->posts as $i => $original ) {
			if ( ! $original instanceof WP_Post || ! self::is_closed( $original->ID ) ) {
				continue;
			}
			$emptied                        = clone $original;
			$emptied->post_content          = '';
			$emptied->post_excerpt          = '';
			$emptied->post_content_filtered = '';
			$wp_query->posts[ $i ]          = $emptied;
			if ( $wp_query->post instanceof WP_Post && $wp_query->post->ID === $emptied->ID ) {
				$wp_query->post = $emptied;
			}
			if ( $wp_query->queried_object instanceof WP_Post && $wp_query->queried_object->ID === $emptied->ID ) {
				$wp_query->queried_object = $emptied;
			}
			if ( $post instanceof WP_Post && $post->ID === $emptied->ID ) {
				$post = $emptied; // phpcs:ignore WordPress.WP.GlobalVariablesOverride
			}
		}
	}

	/**
	 * Sets status and headers of a protected page's view, and takes comments of
	 * closed pages out of comment feeds.
	 *
	 * @global WP_Query $wp_query
	 */
	public static function guard_view() {
		global $wp_query;
		if ( is_comment_feed() && ! empty( $wp_query->comments ) ) {
			$wp_query->comments      = array_values( self::filter_comments( $wp_query->comments ) );
			$wp_query->comment_count = count( $wp_query->comments );
		}
		$post_id = is_singular() ? get_queried_object_id() : 0;
		$state   = self::state( $post_id );
		if ( 'free' === $state ) {
			return;
		}
		self::never_cache();
		nocache_headers();
		if ( ! headers_sent() ) {
			header( 'Cache-Control: private, no-store, no-cache, max-age=0, must-revalidate' );
		}
		if ( 'open' === $state ) {
			return;
		}
		if ( 'unknown' === $state ) {
			status_header( 503 );
			if ( ! headers_sent() ) {
				header( 'Retry-After: 120' );
			}
		} else {
			status_header( 403 );
		}
		// A template of the page's own may print custom fields; use the ordinary one.
		add_filter(
			'get_post_metadata',
			function ( $value, $object_id, $key ) use ( $post_id ) {
				return '_wp_page_template' === $key && (int) $object_id === $post_id ? 'default' : $value;
			},
			10,
			3
		);
		// Nor the template of pictures, which shows them.
		add_filter(
			'attachment_template_hierarchy',
			function () {
				return array( 'page.php', 'singular.php' );
			},
			PHP_INT_MAX
		);
	}

	/**
	 * Replaces the text of a closed post: by the notice on its own page, by
	 * nothing elsewhere.
	 *
	 * @param string $content Text.
	 * @return string
	 */
	public static function filter_content( $content ) {
		$post_id = (int) get_the_ID();
		if ( ! self::is_closed( $post_id ) ) {
			return $content;
		}
		if ( is_singular() && get_queried_object_id() === $post_id && ! is_feed() && ! is_embed() ) {
			return self::notice( $post_id );
		}
		return '';
	}

	/**
	 * Replaces the excerpt of a closed post.
	 *
	 * @param string           $excerpt Excerpt.
	 * @param WP_Post|int|null $post    Its post; the current one when left out.
	 * @return string
	 */
	public static function filter_excerpt( $excerpt, $post = null ) {
		$post = get_post( $post );
		if ( ! $post || ! self::is_closed( $post->ID ) ) {
			return $excerpt;
		}
		return __( 'This page is part of a course.', 'enrolld-companion' );
	}

	/**
	 * Empties descriptions that SEO plugins make from a closed page's text.
	 *
	 * @param string $text Description.
	 * @return string
	 */
	public static function filter_description( $text ) {
		return is_singular() && self::is_closed( get_queried_object_id() ) ? '' : $text;
	}

	/**
	 * The notice that stands in for a closed page.
	 *
	 * @param int $post_id Page.
	 * @return string HTML.
	 */
	private static function notice( $post_id ) {
		$state  = self::state( $post_id );
		$course = get_the_title( self::course_of( $post_id ) );
		$here   = get_permalink( $post_id );
		if ( ! is_user_logged_in() ) {
			$heading = __( 'This page is part of a course', 'enrolld-companion' );
			/* translators: %s: title of the course */
			$texts = array( sprintf( __( 'Please log in with the account that has access to “%s”.', 'enrolld-companion' ), $course ) );
			$links = array(
				array( wp_login_url( $here ), __( 'Log in', 'enrolld-companion' ) ),
				array( wp_lostpassword_url( $here ), __( 'Set a new password', 'enrolld-companion' ) ),
			);
		} elseif ( 'unknown' === $state ) {
			$heading = __( 'We cannot check your access right now', 'enrolld-companion' );
			$texts   = array( __( 'Please try again in a few minutes. Nothing is wrong with your account.', 'enrolld-companion' ) );
			$links   = array( array( $here, __( 'Try again', 'enrolld-companion' ) ) );
		} else {
			$heading = __( 'Your account does not include this course', 'enrolld-companion' );
			$texts   = array(
				/* translators: 1: email address, 2: title of the course */
				sprintf( __( 'You are logged in as %1$s, and this account has no access to “%2$s”.', 'enrolld-companion' ), wp_get_current_user()->user_email, $course ),
				__( 'Did you use another email address when you bought it? Then log in with that one. If you have bought it just now, wait a minute and load this page again.', 'enrolld-companion' ),
			);
			$links   = array(
				array( wp_logout_url( wp_login_url( $here ) ), __( 'Use another account', 'enrolld-companion' ) ),
				array( home_url( '/' ), __( 'Go to the home page', 'enrolld-companion' ) ),
			);
			$contact = (string) apply_filters( 'enrolld_contact_url', '' );
			if ( '' !== $contact ) {
				$links[] = array( $contact, __( 'Contact us', 'enrolld-companion' ) );
			}
		}
		return (string) apply_filters( 'enrolld_notice_html', self::notice_html( $heading, $texts, $links ), $post_id, $state );
	}

	/**
	 * Lays the notice out. Grey with transparency suits light and dark themes
	 * alike; the first link wears the theme's own button.
	 *
	 * @param string                       $heading Heading.
	 * @param string[]                     $texts   Paragraphs.
	 * @param array<int,array<int,string>> $links   Pairs of address and text.
	 * @return string HTML.
	 */
	private static function notice_html( $heading, $texts, $links ) {
		$html  = '<section class="enrolld-notice" role="region" aria-labelledby="enrolld-notice-heading" style="box-sizing:border-box;margin-top:1.5rem;margin-bottom:1.5rem;padding:1.5rem 1.75rem;border:1px solid rgba(128,128,128,.4);border-radius:8px;background:rgba(128,128,128,.08)">';
		$html .= '<h2 id="enrolld-notice-heading" style="margin:0 0 .75rem;font-size:1.4em;line-height:1.3">' . esc_html( $heading ) . '</h2>';
		foreach ( $texts as $text ) {
			// Titles come with their entities made: esc_html() leaves those alone.
			$html .= '<p style="margin:0 0 1rem">' . esc_html( $text ) . '</p>';
		}
		$html .= '<p style="display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;align-items:center;margin:0">';
		foreach ( $links as $i => $link ) {
			$class = 0 === $i ? ' class="wp-block-button__link wp-element-button" style="display:inline-block"' : '';
			$html .= '<a href="' . esc_url( $link[0] ) . '"' . $class . '>' . esc_html( $link[1] ) . '</a>';
		}
		return $html . '</p></section>';
	}

	/*
	 * Comments.
	 */

	/**
	 * Takes comments on closed posts out of a list.
	 *
	 * @param WP_Comment[]|int[]|string[] $comments Comments.
	 * @return array
	 */
	public static function filter_comments( $comments ) {
		if ( wp_doing_cron() || ( defined( 'WP_CLI' ) && WP_CLI ) ) {
			return $comments; // Housekeeping must see them all, and shows them to nobody.
		}
		return array_filter(
			(array) $comments,
			function ( $comment ) {
				$comment = get_comment( $comment );
				return ! $comment || ! self::is_closed( (int) $comment->comment_post_ID );
			}
		);
	}

	/**
	 * Empties a comment on a closed post.
	 *
	 * @param string                     $text    Text.
	 * @param WP_Comment|int|string|null $comment Comment; the current one when left out.
	 * @return string
	 */
	public static function filter_comment_text( $text, $comment = null ) {
		$comment = get_comment( $comment );
		return $comment && self::is_closed( (int) $comment->comment_post_ID ) ? '' : $text;
	}

	/**
	 * Closes comments and pings of a closed post.
	 *
	 * @param bool $open    Whether they are open.
	 * @param int  $post_id Post.
	 * @return bool
	 */
	public static function filter_open( $open, $post_id ) {
		return $open && ! self::is_closed( (int) $post_id );
	}

	/**
	 * Hides how many comments a closed post has.
	 *
	 * @param int|string $number  Number.
	 * @param int        $post_id Post.
	 * @return int|string
	 */
	public static function filter_number( $number, $post_id ) {
		return self::is_closed( (int) $post_id ) ? 0 : $number;
	}

	/**
	 * Drops the comments part of block themes from a closed page, which would
	 * speak of no comments under a heading.
	 *
	 * @param string $html Rendered block.
	 * @return string
	 */
	public static function filter_comments_block( $html ) {
		return is_singular() && self::is_closed( get_queried_object_id() ) ? '' : $html;
	}

	/*
	 * The editor.
	 */

	/**
	 * Adds the box to the page editor.
	 */
	public static function add_meta_box() {
		add_meta_box( 'enrolld-course', __( 'Course', 'enrolld-companion' ), array( __CLASS__, 'meta_box' ), 'page', 'side', 'default', array( '__block_editor_compatible_meta_box' => true ) );
	}

	/**
	 * Prints the box.
	 *
	 * @param WP_Post $post Page.
	 */
	public static function meta_box( $post ) {
		wp_nonce_field( 'enrolld_course_' . $post->ID, self::NONCE );
		$marked = '1' === get_post_meta( $post->ID, self::META, true );
		printf(
			'<p><label><input type="checkbox" name="enrolld_course" value="1"%s> %s</label></p>',
			checked( $marked, true, false ),
			esc_html__( 'This page and the pages below it are a course (access by Enrolld)', 'enrolld-companion' )
		);
		$course_id = self::course_of( $post->ID );
		if ( ! $marked && $course_id ) {
			/* translators: %s: title of the course */
			echo '<p>' . esc_html( sprintf( __( 'This page belongs to the course “%s”.', 'enrolld-companion' ), get_the_title( $course_id ) ) ) . '</p>';
		}
	}

	/**
	 * Saves the box.
	 *
	 * @param int     $post_id Page.
	 * @param WP_Post $post    Page.
	 */
	public static function save_meta_box( $post_id, $post ) {
		if ( wp_is_post_autosave( $post ) || wp_is_post_revision( $post ) || ! isset( $_POST[ self::NONCE ] ) ) {
			return;
		}
		$nonce = sanitize_text_field( wp_unslash( $_POST[ self::NONCE ] ) );
		if ( ! wp_verify_nonce( $nonce, 'enrolld_course_' . $post_id ) || ! current_user_can( 'edit_post', $post_id ) ) {
			return;
		}
		if ( isset( $_POST['enrolld_course'] ) ) {
			update_post_meta( $post_id, self::META, '1' );
		} else {
			delete_post_meta( $post_id, self::META );
		}
	}

	/**
	 * Marks courses in the list of pages.
	 *
	 * @param string[] $states States shown behind the title.
	 * @param WP_Post  $post   Page.
	 * @return string[]
	 */
	public static function post_states( $states, $post ) {
		if ( $post instanceof WP_Post && '1' === get_post_meta( $post->ID, self::META, true ) ) {
			$states['enrolld_course'] = __( 'Course', 'enrolld-companion' );
		}
		return $states;
	}

	/*
	 * REST.
	 */

	/**
	 * Registers our routes and guards everybody else's.
	 */
	public static function register_routes() {
		register_rest_route(
			'enrolld/v1',
			'/signals',
			array(
				'methods'             => 'POST',
				'callback'            => array( __CLASS__, 'take_signals' ),
				'permission_callback' => array( __CLASS__, 'is_signed' ),
			)
		);
		register_rest_route(
			'enrolld/v1',
			'/health',
			array(
				'methods'             => 'GET',
				'callback'            => array( __CLASS__, 'health' ),
				'permission_callback' => array( __CLASS__, 'is_signed' ),
			)
		);
		foreach ( get_post_types( array( 'show_in_rest' => true ) ) as $type ) {
			add_filter( 'rest_prepare_' . $type, array( __CLASS__, 'filter_rest_post' ), PHP_INT_MAX, 2 );
		}
		add_filter( 'rest_prepare_comment', array( __CLASS__, 'filter_rest_comment' ), PHP_INT_MAX, 2 );
	}

	/**
	 * Leaves of a closed post only what lists and menus need: other plugins add
	 * fields with text of their own.
	 *
	 * @param WP_REST_Response $response Answer.
	 * @param WP_Post          $post     Post.
	 * @return WP_REST_Response
	 */
	public static function filter_rest_post( $response, $post ) {
		if ( ! $response instanceof WP_REST_Response || ! $post instanceof WP_Post || ! self::is_closed( $post->ID ) ) {
			return $response;
		}
		$kept = array( 'id', 'date', 'date_gmt', 'guid', 'modified', 'modified_gmt', 'slug', 'status', 'type', 'link', 'title', 'author', 'featured_media', 'parent', 'menu_order', 'comment_status', 'ping_status', 'template' );
		$data = array_intersect_key( (array) $response->get_data(), array_flip( $kept ) );
		foreach ( array( 'content', 'excerpt' ) as $field ) {
			$data[ $field ] = array(
				'rendered'  => '',
				'protected' => true,
			);
		}
		$response->set_data( $data );
		$response->header( 'Cache-Control', 'private, no-store' );
		return $response;
	}

	/**
	 * Empties a comment on a closed post.
	 *
	 * @param WP_REST_Response $response Answer.
	 * @param WP_Comment       $comment  Comment.
	 * @return WP_REST_Response
	 */
	public static function filter_rest_comment( $response, $comment ) {
		if ( $response instanceof WP_REST_Response && self::is_closed( (int) $comment->comment_post_ID ) ) {
			$kept            = array( 'id', 'post', 'parent', 'date', 'date_gmt', 'status', 'type' );
			$data            = array_intersect_key( (array) $response->get_data(), array_flip( $kept ) );
			$data['content'] = array( 'rendered' => '' );
			$response->set_data( $data );
		}
		return $response;
	}

	/**
	 * Permission of our routes: the request is signed with this blog's key.
	 *
	 * @param WP_REST_Request $request Request.
	 * @return true|WP_Error
	 */
	public static function is_signed( $request ) {
		self::never_cache();
		return self::verify( (string) $request->get_header( 'x_enrolld_timestamp' ), (string) $request->get_header( 'x_enrolld_signature' ), (string) $request->get_body() );
	}

	/**
	 * Lets signed requests pass where another plugin has closed REST to visitors.
	 *
	 * @param WP_Error|true|null $result What others decided.
	 * @return WP_Error|true|null
	 */
	public static function admit( $result ) {
		$route = isset( $GLOBALS['wp']->query_vars['rest_route'] ) ? (string) $GLOBALS['wp']->query_vars['rest_route'] : '';
		if ( ! is_wp_error( $result ) || 0 !== strpos( $route, '/enrolld/v1/' ) || ! isset( $_SERVER['HTTP_X_ENROLLD_TIMESTAMP'], $_SERVER['HTTP_X_ENROLLD_SIGNATURE'] ) ) {
			return $result;
		}
		$timestamp = sanitize_text_field( wp_unslash( $_SERVER['HTTP_X_ENROLLD_TIMESTAMP'] ) );
		$signature = sanitize_text_field( wp_unslash( $_SERVER['HTTP_X_ENROLLD_SIGNATURE'] ) );
		return true === self::verify( $timestamp, $signature, (string) WP_REST_Server::get_raw_data() ) ? true : $result;
	}

	/**
	 * Checks a signature.
	 *
	 * @param string $timestamp Seconds since 1970, from the header.
	 * @param string $signature 'v1=' and the signature, from the header.
	 * @param string $body      The body as it came.
	 * @return true|WP_Error
	 */
	private static function verify( $timestamp, $signature, $body ) {
		$config = self::config();
		if ( null === $config ) {
			return new WP_Error( 'enrolld_not_configured', 'This site is not configured for Enrolld.', array( 'status' => 401 ) );
		}
		$want = 'v1=' . hash_hmac( 'sha256', $timestamp . '.' . $body, $config['key'] );
		if ( ! hash_equals( $want, $signature ) ) {
			return new WP_Error( 'enrolld_signature', 'The signature is missing or wrong.', array( 'status' => 401 ) );
		}
		if ( ! preg_match( '/^[0-9]{1,12}$/D', $timestamp ) || abs( time() - (int) $timestamp ) > self::CLOCK_SKEW ) {
			return new WP_Error( 'enrolld_clock', 'The signature is too old, or the clocks differ.', array( 'status' => 401 ) );
		}
		return true;
	}

	/**
	 * POST enrolld/v1/signals: access has changed.
	 *
	 * @param WP_REST_Request $request Request.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function take_signals( $request ) {
		$body = json_decode( $request->get_body(), true );
		if ( ! is_array( $body ) || ! isset( $body['signals'] ) || ! is_array( $body['signals'] ) ) {
			return new WP_Error( 'enrolld_invalid', 'The body must be {"signals":[…]}.', array( 'status' => 400 ) );
		}
		if ( count( $body['signals'] ) > self::MAX_SIGNALS ) {
			return new WP_Error( 'enrolld_too_many', 'At most 500 signals at once.', array( 'status' => 413 ) );
		}
		$signals = array();
		$failed  = array();
		foreach ( $body['signals'] as $raw ) {
			$signal = self::read_signal( $raw );
			if ( null !== $signal ) {
				$signals[] = $signal;
				continue;
			}
			$failed[] = array(
				'id'    => is_array( $raw ) && isset( $raw['id'] ) && is_string( $raw['id'] ) ? $raw['id'] : '',
				'error' => 'not a signal',
				'retry' => false,
			);
		}

		// All caches first: an action then sees the truth, and one that breaks off takes no purge with it.
		foreach ( array_unique( array_column( $signals, 'user_id' ) ) as $user_id ) {
			self::purge( $user_id );
		}
		$handled = array();
		$until   = time() + self::$time_budget;
		foreach ( $signals as $signal ) {
			$late  = time() > $until;
			$error = $late ? 'out of time, send it again' : self::announce( $signal );
			if ( '' === $error ) {
				$handled[] = $signal['id'];
				continue;
			}
			$failed[] = array(
				'id'    => $signal['id'],
				'error' => $error,
				'retry' => $late,
			);
		}
		return self::answer(
			array(
				'ok'      => array() === $failed,
				'handled' => $handled,
				'failed'  => $failed,
				'version' => self::VERSION,
			)
		);
	}

	/**
	 * Checks one signal.
	 *
	 * @param mixed $raw Decoded JSON.
	 * @return array|null Null when it is none.
	 */
	private static function read_signal( $raw ) {
		if ( ! is_array( $raw ) || ! isset( $raw['id'], $raw['kind'], $raw['user_id'] ) || ! is_string( $raw['id'] ) || '' === $raw['id'] || ! is_int( $raw['user_id'] ) || $raw['user_id'] <= 0 ) {
			return null;
		}
		$course_id = isset( $raw['course_id'] ) && is_int( $raw['course_id'] ) ? $raw['course_id'] : 0;
		if ( ! in_array( $raw['kind'], array( 'purge', 'granted', 'revoked' ), true ) || ( 'purge' !== $raw['kind'] && $course_id <= 0 ) ) {
			return null;
		}
		return array(
			'id'        => $raw['id'],
			'kind'      => $raw['kind'],
			'user_id'   => $raw['user_id'],
			'course_id' => $course_id,
			'cause'     => isset( $raw['cause'] ) && is_string( $raw['cause'] ) ? $raw['cause'] : '',
		);
	}

	/**
	 * Drops what WordPress remembers about a user, because Enrolld changed the
	 * tables behind its back.
	 *
	 * @param int $user_id User.
	 */
	public static function purge( $user_id ) {
		clean_user_cache( $user_id );
		wp_cache_delete( $user_id, 'users' ); // clean_user_cache() does nothing about a user it does not know.
		wp_cache_delete( $user_id, 'user_meta' ); // WordPress before 6.2 keeps it.
		wp_cache_set( 'last_changed', microtime(), 'users' );
		self::$answers = array();
	}

	/**
	 * Tells other plugins about a change.
	 *
	 * @param array $signal Signal.
	 * @return string What went wrong, '' for nothing.
	 */
	private static function announce( $signal ) {
		try {
			if ( 'granted' === $signal['kind'] ) {
				do_action( 'enrolld_access_granted', $signal['user_id'], $signal['course_id'], $signal );
			} elseif ( 'revoked' === $signal['kind'] ) {
				do_action( 'enrolld_access_revoked', $signal['user_id'], $signal['course_id'], $signal );
			}
		} catch ( Throwable $e ) {
			self::log( 'signal ' . $signal['id'] . ': ' . $e->getMessage() . ' in ' . $e->getFile() . ':' . $e->getLine() );
			return substr( get_class( $e ) . ': ' . wp_check_invalid_utf8( $e->getMessage(), true ), 0, 300 );
		}
		return '';
	}

	/**
	 * GET enrolld/v1/health: what Enrolld wants to know about this site.
	 *
	 * @return WP_REST_Response
	 */
	public static function health() {
		return self::answer(
			array(
				'version'      => self::VERSION,
				'wordpress'    => get_bloginfo( 'version' ),
				'php'          => PHP_VERSION,
				'object_cache' => (bool) wp_using_ext_object_cache(),
				'multisite'    => is_multisite(),
				'blog_id'      => get_current_blog_id(),
				'siteurl'      => site_url(),
				'table_ok'     => self::table_ok(),
				'entries_ok'   => Enrolld_Entry::table_ok(),
				'plugins'      => self::learning_plugins(),
			)
		);
	}

	/**
	 * Whether Enrolld's table can be read and has the columns that we use.
	 *
	 * @return bool
	 */
	private static function table_ok() {
		$config = self::config();
		$result = self::query( "SELECT COUNT(*) FROM ( SELECT account_id, user_id, course_id, ends_at FROM {$config['table']} LIMIT 1 ) AS sample" );
		return '' === $result[1];
	}

	/**
	 * The active course and membership plugins that Enrolld knows.
	 *
	 * @return string[] Folder names.
	 */
	private static function learning_plugins() {
		$known  = array( 'thrive-apprentice', 'sfwd-lms', 'lifterlms', 'tutor', 'sensei-lms', 'learnpress', 'masterstudy-lms-learning-management-system', 'learning-management-system', 'memberpress', 'paid-memberships-pro', 'restrict-content-pro', 'restrict-content', 'woocommerce-memberships', 'suremembers', 'buddyboss-platform' );
		$active = (array) get_option( 'active_plugins', array() );
		if ( is_multisite() ) {
			$active = array_merge( $active, array_keys( (array) get_site_option( 'active_sitewide_plugins', array() ) ) );
		}
		return array_values( array_unique( array_intersect( array_map( 'dirname', $active ), $known ) ) );
	}

	/**
	 * Makes an answer that nobody stores.
	 *
	 * @param array $data Answer.
	 * @return WP_REST_Response
	 */
	private static function answer( $data ) {
		$response = new WP_REST_Response( $data );
		$response->header( 'Cache-Control', 'private, no-store' );
		return $response;
	}

	/**
	 * Writes to PHP's error log.
	 *
	 * @param string $message Message.
	 */
	private static function log( $message ) {
		error_log( 'enrolld-companion: ' . $message ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
	}
}

/**
 * Sessions in which somebody of the team sees the site as a customer does.
 *
 * Enrolld writes an entry with the hash of a token and posts the token here. Who
 * holds it takes the entry, once, and gets a session of the customer that lasts as
 * long as the entry: every request asks the table whether it does. A bar says so
 * and ends it.
 *
 * Nobody is logged in by wp_login and nobody is logged out by wp_logout: the
 * customer was not here, and plugins that note the last login, greet or redirect
 * must not take them for it. Two actions of our own tell what happened:
 *
 *   do_action( 'enrolld_entered', $user_id, $entry )   a session began
 *   do_action( 'enrolld_left', $user_id, $entry )      it was ended, here or in Enrolld;
 *                                                      not when its time is over
 *
 * $entry has 'id', 'operator' (a name), 'reason', and 'until' (seconds since 1970);
 * the 'id' alone when the session was ended in Enrolld.
 *
 * Nobody speaks in the customer's name: comments, reviews and posts of a forum are
 * refused. Nor is a lesson of LearnDash, LifterLMS or Tutor completed, or a quiz of
 * LearnDash or Tutor, by hooks that these plugins run first; other progress is not
 * kept apart from the customer's own.
 */
final class Enrolld_Entry {

	const FIELD   = 'enrolld_token';
	const GO      = 'enrolld_go';
	const KEY     = 'enrolld_entry'; // In the session's information.
	const LONGEST = 1800;

	/**
	 * Capabilities that a customer may have, and how those of plugins begin; see
	 * beyond_reading(). The same list as Enrolld's own.
	 */
	const HARMLESS = array( 'read', 'level_0', 'spectate', 'participate' );

	/**
	 * Roles of customers that plugins add while WordPress runs, or that outlive
	 * their plugin. The same list as Enrolld's own.
	 */
	const CUSTOMER_ROLES = array( 'subscriber', 'customer', 'student', 'academy_student', 'masteriyo_student', 'tutor_student', 'bbp_participant', 'bbp_spectator', 'bbp_blocked' );

	/**
	 * Posts in which members speak: topics and replies of bbPress, answers and work
	 * handed in of LearnDash, reviews of LifterLMS. Others are named by the filter
	 * enrolld_own_post_types.
	 */
	const OWN_POSTS = array( 'topic', 'reply', 'sfwd-essays', 'sfwd-assignment', 'llms_review' );

	/**
	 * Actions that plugins run before they keep what a member says or achieves:
	 * BuddyPress and BuddyBoss (activity, messages, friends, profile), Tutor.
	 */
	const DONE_BEFORE = array(
		'bp_activity_before_save',
		'messages_message_before_save',
		'friends_friendship_before_save',
		'xprofile_data_before_save',
		'tutor_lesson_completed_before',
		'tutor_course_complete_before',
		'tutor_quiz/start/before',
	);

	/**
	 * Calls of admin-ajax.php that pass every filter: quizzes of LearnDash; ratings
	 * and questions of Tutor.
	 */
	const OWN_CALLS = array( 'wp_pro_quiz_completed_quiz', 'tutor_place_rating', 'tutor_ask_question', 'tutor_add_answer', 'tutor_qna_create_update' );

	/**
	 * The entry of this request's session, null for none.
	 *
	 * @var array{id:int,user_id:int,operator:string,reason:string,back:string,until:int}|null
	 */
	private static $entry = null;

	/**
	 * User and entry of a session that was found to be over in this request.
	 *
	 * @var int[] Empty for none.
	 */
	private static $left = array();

	/**
	 * The entry whose session is being made, and for how many seconds.
	 *
	 * @var int[] Empty for none.
	 */
	private static $begins = array();

	/**
	 * Whether the table could not be read.
	 *
	 * @var bool
	 */
	private static $failed = false;

	/**
	 * Whether the bar is on the page already.
	 *
	 * @var bool
	 */
	private static $shown = false;

	/**
	 * Hooks everything up.
	 */
	public static function init() {
		add_filter( 'determine_current_user', array( __CLASS__, 'check' ), PHP_INT_MAX );
		add_filter( 'attach_session_information', array( __CLASS__, 'mark' ), PHP_INT_MAX, 2 );
		add_filter( 'auth_cookie_expiration', array( __CLASS__, 'bound' ), PHP_INT_MAX, 2 );
		add_action( 'init', array( __CLASS__, 'begin_request' ), 0 );
		add_action( 'wp_loaded', array( __CLASS__, 'route' ), 0 );
		add_action( 'wp_logout', array( __CLASS__, 'logged_out' ) );

		// The bar.
		add_action( 'wp_body_open', array( __CLASS__, 'bar' ), 0 );
		add_action( 'wp_footer', array( __CLASS__, 'bar' ), 0 );
		add_action( 'in_admin_header', array( __CLASS__, 'bar' ), 0 );
		add_action( 'send_headers', array( __CLASS__, 'headers' ), PHP_INT_MAX );
		add_action( 'admin_init', array( __CLASS__, 'headers' ), 0 );

		// What is the customer's own affair.
		add_filter( 'map_meta_cap', array( __CLASS__, 'deny_own' ), PHP_INT_MAX, 2 );
		add_filter( 'wp_is_application_passwords_available', array( __CLASS__, 'deny_available' ), PHP_INT_MAX );
		add_filter( 'check_password', array( __CLASS__, 'deny_password' ), PHP_INT_MAX, 4 );
		add_filter( 'rest_request_before_callbacks', array( __CLASS__, 'deny_rest' ), PHP_INT_MAX, 3 );
		add_filter( 'wp_pre_insert_user_data', array( __CLASS__, 'deny_update' ), PHP_INT_MAX, 3 );
		foreach ( array( 'add', 'update', 'delete' ) as $verb ) {
			add_filter( $verb . '_user_metadata', array( __CLASS__, 'deny_meta' ), PHP_INT_MAX, 3 );
		}
		foreach ( array( 'load-profile.php', 'load-user-edit.php' ) as $hook ) {
			add_action( $hook, array( __CLASS__, 'deny_always' ), 0 );
		}
		foreach ( array( 'delete_user', 'wpmu_delete_user', 'remove_user_from_blog' ) as $hook ) {
			add_action( $hook, array( __CLASS__, 'deny_user' ), 0 );
		}
		add_action( 'wp', array( __CLASS__, 'deny_links' ), 0 );
		add_action( 'woocommerce_before_checkout_process', array( __CLASS__, 'deny_checkout' ), 0 );

		// Nobody speaks, or learns, in their name.
		add_filter( 'preprocess_comment', array( __CLASS__, 'deny_words' ), 0 );
		add_filter( 'wp_update_comment_data', array( __CLASS__, 'deny_words' ), 0 );
		add_filter( 'wp_insert_post_empty_content', array( __CLASS__, 'deny_post' ), 0, 2 );
		add_filter( 'comment_form_field_comment', array( __CLASS__, 'say_why' ), PHP_INT_MAX );
		add_filter( 'comment_form_submit_field', array( __CLASS__, 'empty_out' ), PHP_INT_MAX );
		foreach ( array( 'bbp_current_user_can_access_create_topic_form', 'bbp_current_user_can_access_create_reply_form' ) as $hook ) {
			add_filter( $hook, array( __CLASS__, 'deny_available' ), PHP_INT_MAX );
		}
		foreach ( self::DONE_BEFORE as $hook ) {
			add_action( $hook, array( __CLASS__, 'deny_always' ), 0 );
		}
		foreach ( array( 'learndash_process_mark_complete', 'llms_allow_lesson_completion' ) as $hook ) {
			add_filter( $hook, array( __CLASS__, 'deny_available' ), PHP_INT_MAX );
		}
	}

	/*
	 * The session.
	 */

	/**
	 * The entry in which the current user is here, null for a session of one's own.
	 *
	 * @return array|null
	 */
	private static function current() {
		return null !== self::$entry && get_current_user_id() === self::$entry['user_id'] ? self::$entry : null;
	}

	/**
	 * Ends a session whose entry is over, before anybody is told who the user is.
	 *
	 * @param int|false $user_id User whom the cookies name.
	 * @return int|false
	 */
	public static function check( $user_id ) {
		if ( (int) $user_id <= 0 ) {
			return $user_id;
		}
		$sessions = WP_Session_Tokens::get_instance( (int) $user_id );
		foreach ( self::tokens() as $token ) {
			$session = $sessions->get( $token );
			if ( ! is_array( $session ) || empty( $session[ self::KEY ] ) ) {
				continue;
			}
			self::$entry = self::live( (int) $session[ self::KEY ], (int) $user_id );
			if ( null === self::$entry ) {
				$sessions->destroy( $token );
				self::clear_cookies();
				self::$left = array( (int) $user_id, (int) $session[ self::KEY ] );
				return 0;
			}
			break;
		}
		return $user_id;
	}

	/**
	 * The tokens of the session's cookies: there is one for the site and one for the
	 * dashboard, and whoever holds them sends which they like.
	 *
	 * @return string[]
	 */
	private static function tokens() {
		$tokens = array();
		foreach ( array( 'logged_in', 'auth', 'secure_auth' ) as $scheme ) {
			$cookie = wp_parse_auth_cookie( '', $scheme );
			if ( ! empty( $cookie['token'] ) ) {
				$tokens[] = $cookie['token'];
			}
		}
		return array_unique( $tokens );
	}

	/**
	 * Reads an entry that lasts.
	 *
	 * @param int $id      Entry.
	 * @param int $user_id User as whom it lets somebody in.
	 * @return array|null Null when it is over, or the table cannot be read.
	 */
	private static function live( $id, $user_id ) {
		return self::read( 'id = %d AND user_id = %d AND ended_at IS NULL AND until_at > UTC_TIMESTAMP(6)', array( $id, $user_id ) );
	}

	/**
	 * Reads one entry of this blog.
	 *
	 * @param string $where Condition with placeholders.
	 * @param array  $args  Their values.
	 * @return array|null
	 */
	private static function read( $where, $args ) {
		global $wpdb;
		$table = self::table();
		if ( null === $table ) {
			return null;
		}
		$suppressed = $wpdb->suppress_errors( true );
		try {
			// phpcs:disable WordPress.DB -- The table name comes from a file of ours, the conditions from this class, and a cache would serve what was.
			$row = $wpdb->get_row(
				$wpdb->prepare(
					"SELECT id, user_id, course_id, seconds, operator, reason, back_url,
						COALESCE( TIMESTAMPDIFF( SECOND, UTC_TIMESTAMP(6), until_at ), 0 ) AS remaining
					FROM {$table[0]} WHERE account_id IN ({$table[1]}) AND {$where} LIMIT 1",
					$args
				)
			);
			// phpcs:enable
			$error = (string) $wpdb->last_error;
		} catch ( Throwable $e ) { // PHP 8.1 throws, unless WordPress tells it not to.
			$error = $e->getMessage();
		}
		$wpdb->suppress_errors( $suppressed );
		self::$failed = '' !== $error;
		if ( self::$failed ) {
			self::log( 'cannot read the table of entries: ' . $error );
			return null;
		}
		if ( ! is_object( $row ) ) {
			return null;
		}
		return array(
			'id'        => (int) $row->id,
			'user_id'   => (int) $row->user_id,
			'course_id' => (int) $row->course_id,
			'seconds'   => min( self::LONGEST, (int) $row->seconds ),
			'operator'  => (string) $row->operator,
			'reason'    => (string) $row->reason,
			'back'      => (string) $row->back_url,
			'until'     => time() + (int) $row->remaining,
		);
	}

	/**
	 * Changes one entry of this blog.
	 *
	 * @param string $set   Assignments, with placeholders.
	 * @param string $where Condition with placeholders.
	 * @param array  $args  Their values.
	 * @return int|null How many entries were changed, null when it could not be done.
	 */
	private static function write( $set, $where, $args ) {
		global $wpdb;
		$table = self::table();
		if ( null === $table ) {
			return null;
		}
		$suppressed = $wpdb->suppress_errors( true );
		try {
			// phpcs:ignore WordPress.DB -- As in read().
			$changed = $wpdb->query( $wpdb->prepare( "UPDATE {$table[0]} SET {$set} WHERE account_id IN ({$table[1]}) AND {$where}", $args ) );
			if ( false === $changed ) {
				self::log( 'cannot write the table of entries: ' . $wpdb->last_error );
			}
		} catch ( Throwable $e ) {
			self::log( 'cannot write the table of entries: ' . $e->getMessage() );
			$changed = false;
		}
		$wpdb->suppress_errors( $suppressed );
		return false === $changed ? null : (int) $changed;
	}

	/**
	 * The table and the accounts of this blog, as SQL.
	 *
	 * @return string[]|null
	 */
	private static function table() {
		$config = Enrolld_Companion::config();
		if ( null === $config || empty( $config['entries'] ) ) {
			return null;
		}
		return array( $config['entries'], implode( ',', array_map( 'intval', $config['accounts'] ) ) );
	}

	/**
	 * Whether the table can be read and written in every column that we use.
	 *
	 * @return bool
	 */
	public static function table_ok() {
		$nothing = self::write( 'taken_at = taken_at, until_at = until_at, ended_at = ended_at, ended_by = ended_by', 'id = %d', array( 0 ) );
		self::read( 'token_hash = UNHEX( %s ) AND expires_at IS NULL', array( '' ) );
		return null !== $nothing && ! self::$failed;
	}

	/**
	 * Notes how an entry ended.
	 *
	 * @param int    $id  Entry.
	 * @param string $how 'left', or why nobody was let in: 'no_user', 'rights'.
	 */
	private static function finish( $id, $how ) {
		self::write( 'ended_at = UTC_TIMESTAMP(6), ended_by = %s', 'id = %d AND ended_at IS NULL', array( $how, $id ) );
	}

	/**
	 * Puts the entry into the information of a session that is being made: of the
	 * customer's, and of any that a plugin makes for them out of it.
	 *
	 * @param array $information Information.
	 * @param int   $user_id     User.
	 * @return array
	 */
	public static function mark( $information, $user_id ) {
		if ( array() !== self::$begins ) {
			$information[ self::KEY ] = self::$begins[0];
		} elseif ( null !== self::$entry && self::$entry['user_id'] === (int) $user_id ) {
			$information[ self::KEY ] = self::$entry['id'];
		}
		return $information;
	}

	/**
	 * Bounds how long such a session lasts.
	 *
	 * @param int $seconds Seconds.
	 * @param int $user_id User.
	 * @return int
	 */
	public static function bound( $seconds, $user_id ) {
		if ( array() !== self::$begins ) {
			return self::$begins[1];
		}
		if ( null !== self::$entry && self::$entry['user_id'] === (int) $user_id ) {
			return max( 0, min( (int) $seconds, self::$entry['until'] - time() ) );
		}
		return $seconds;
	}

	/**
	 * Tells other plugins of a session that was found to be over, and ends one of a
	 * user who has more than a customer's rights by now.
	 */
	public static function begin_request() {
		if ( array() !== self::$left ) {
			do_action( 'enrolld_left', self::$left[0], array( 'id' => self::$left[1] ) );
		}
		$entry = self::current();
		if ( null === $entry ) {
			return;
		}
		Enrolld_Companion::never_cache();
		if ( self::beyond_customer( wp_get_current_user() ) ) {
			self::finish( $entry['id'], 'rights' );
			self::leave_session();
		}
	}

	/**
	 * Ends the session of this request, whosever it is, without the actions of
	 * logging out: nobody whom they know was here.
	 */
	private static function leave_session() {
		$entry   = self::current();
		$user_id = get_current_user_id();
		if ( $user_id > 0 ) {
			$sessions = WP_Session_Tokens::get_instance( $user_id );
			foreach ( self::tokens() as $token ) {
				$sessions->destroy( $token );
			}
		}
		self::clear_cookies();
		self::$entry = null;
		wp_set_current_user( 0 );
		if ( null !== $entry ) {
			do_action( 'enrolld_left', $user_id, self::tell( $entry ) );
		}
	}

	/**
	 * Takes the session's cookies out of the browser, and those of a cart, which
	 * would go along from one person to the other.
	 */
	private static function clear_cookies() {
		if ( headers_sent() ) {
			return;
		}
		wp_clear_auth_cookie();
		foreach ( array( 'wp_woocommerce_session_' . COOKIEHASH, 'woocommerce_cart_hash', 'woocommerce_items_in_cart' ) as $name ) {
			if ( isset( $_COOKIE[ $name ] ) ) {
				setcookie( $name, ' ', time() - YEAR_IN_SECONDS, COOKIEPATH ? COOKIEPATH : '/', COOKIE_DOMAIN );
			}
		}
	}

	/**
	 * What other plugins hear of an entry.
	 *
	 * @param array $entry Entry.
	 * @return array{id:int,operator:string,reason:string,until:int}
	 */
	private static function tell( $entry ) {
		return array_intersect_key( $entry, array_flip( array( 'id', 'operator', 'reason', 'until' ) ) );
	}

	/**
	 * The theme's own link to log out ends the session, too.
	 */
	public static function logged_out() {
		if ( null !== self::$entry ) {
			$entry = self::$entry;
			self::finish( $entry['id'], 'left' );
			self::$entry = null;
			do_action( 'enrolld_left', $entry['user_id'], self::tell( $entry ) );
		}
	}

	/*
	 * Entering and leaving.
	 */

	/**
	 * POST index.php?enrolld=enter and ?enrolld=leave; and refuses what shops and courses post,
	 * and their links that end subscriptions and orders, before the shop hears of it.
	 */
	public static function route() {
		if ( isset( $_GET['change_subscription_to'] ) || isset( $_GET['cancel_order'] ) ) { // phpcs:ignore WordPress.Security.NonceVerification -- Nothing is done with it.
			self::deny_always();
		}
		if ( ! isset( $_SERVER['REQUEST_METHOD'] ) || 'POST' !== $_SERVER['REQUEST_METHOD'] ) {
			return;
		}
		$what = isset( $_GET['enrolld'] ) && is_string( $_GET['enrolld'] ) ? sanitize_key( wp_unslash( $_GET['enrolld'] ) ) : ''; // phpcs:ignore WordPress.Security.NonceVerification -- The token takes a nonce's place; leaving checks one.
		if ( 'enter' === $what ) {
			self::enter();
		} elseif ( 'leave' === $what ) {
			self::leave();
		}
		self::deny_forms();
	}

	/**
	 * Lets somebody in who holds a token.
	 *
	 * A browser sends no cookies of this site along with a form of another one, so
	 * that the session that is to end is not known then. Therefore the site's own
	 * page posts the token once more.
	 */
	private static function enter() {
		self::answer_privately();
		// phpcs:disable WordPress.Security.NonceVerification -- The token is one.
		$token = isset( $_POST[ self::FIELD ] ) && is_string( $_POST[ self::FIELD ] ) ? sanitize_text_field( wp_unslash( $_POST[ self::FIELD ] ) ) : '';
		if ( ! preg_match( '/^[A-Za-z0-9_-]{43}$/D', $token ) ) {
			self::refuse( __( 'This request is not complete. Go back to Enrolld and log in as the customer again.', 'enrolld-companion' ), 400 );
		}
		if ( empty( $_POST[ self::GO ] ) ) {
			self::pass_on( $token );
		}
		// phpcs:enable
		$entry = self::take( $token );
		self::$begins = array( $entry['id'], $entry['seconds'] );
		wp_set_auth_cookie( $entry['user_id'], false );
		self::$begins = array();
		do_action( 'enrolld_entered', $entry['user_id'], self::tell( $entry ) );
		$url = 'publish' === get_post_status( $entry['course_id'] ) ? get_permalink( $entry['course_id'] ) : false;
		wp_safe_redirect( $url ? $url : home_url( '/' ), 303, 'Enrolld' );
		exit;
	}

	/**
	 * Takes the entry of a token, checks it and ends the browser's own session; or
	 * says why not.
	 *
	 * @param string $token Token.
	 * @return array The entry.
	 */
	private static function take( $token ) {
		$hash  = hash( 'sha256', $token );
		$taken = self::write( 'taken_at = UTC_TIMESTAMP(6)', 'token_hash = UNHEX( %s ) AND taken_at IS NULL AND ended_at IS NULL AND expires_at > UTC_TIMESTAMP(6)', array( $hash ) );
		if ( null === $taken ) {
			self::refuse( __( 'This site cannot ask Enrolld at the moment. Go back to Enrolld and try again in a minute.', 'enrolld-companion' ), 503 );
		}
		$entry = self::read( 'token_hash = UNHEX( %s )', array( $hash ) );
		if ( 1 !== $taken || null === $entry ) {
			self::refuse( __( 'This was used already, has been ended, or is older than a minute. Go back to Enrolld and log in as the customer again.', 'enrolld-companion' ), 410, $entry );
		}
		Enrolld_Companion::purge( $entry['user_id'] ); // An old copy may have fewer rights than the user.
		$user = get_userdata( $entry['user_id'] );
		if ( ! $user || ( is_multisite() && ( ! is_user_member_of_blog( $user->ID ) || is_user_spammy( $user ) ) ) ) {
			self::finish( $entry['id'], 'no_user' );
			self::refuse( __( 'This site has no such user any more.', 'enrolld-companion' ), 403, $entry );
		}
		if ( self::beyond_customer( $user ) ) {
			self::finish( $entry['id'], 'rights' );
			self::refuse( __( 'This user has more rights on this site than a customer has. Nobody can log in as them.', 'enrolld-companion' ), 403, $entry );
		}
		if ( 1 !== self::write( 'until_at = UTC_TIMESTAMP(6) + INTERVAL %d SECOND', 'id = %d AND ended_at IS NULL AND until_at IS NULL', array( $entry['seconds'], $entry['id'] ) ) ) {
			self::refuse( __( 'This was ended meanwhile. Go back to Enrolld and log in as the customer again.', 'enrolld-companion' ), 410, $entry );
		}
		$entry['until'] = time() + $entry['seconds'];
		if ( null !== self::current() ) {
			self::finish( self::$entry['id'], 'left' );
		}
		self::leave_session();
		return $entry;
	}

	/**
	 * Posts the token once more, from this site. Works by its button where scripts
	 * do not run.
	 *
	 * @param string $token Token.
	 */
	private static function pass_on( $token ) {
		$form = '<form method="post" action="' . esc_url( self::url( 'enter' ) ) . '"><p>' . esc_html__( 'Your own session on this site ends in this browser, and you see the site as the customer does.', 'enrolld-companion' ) . '</p>'
			. '<input type="hidden" name="' . self::GO . '" value="1"><input type="hidden" name="' . self::FIELD . '" value="' . esc_attr( $token ) . '">'
			. '<p><button type="submit">' . esc_html__( 'Continue', 'enrolld-companion' ) . '</button></p></form>'
			. '<script>document.forms[0].submit();</script>';
		self::page( __( 'One moment', 'enrolld-companion' ), $form, 200 );
	}

	/**
	 * Ends the session and leads back to Enrolld.
	 */
	private static function leave() {
		self::answer_privately();
		$entry = self::current();
		if ( null === $entry ) {
			self::page( __( 'This session has ended', 'enrolld-companion' ), '<p>' . esc_html__( 'You see this site as yourself again.', 'enrolld-companion' ) . '</p>' . self::link( home_url( '/' ), __( 'Go to the home page', 'enrolld-companion' ) ), 200 );
		}
		$nonce = isset( $_POST['_wpnonce'] ) && is_string( $_POST['_wpnonce'] ) ? sanitize_text_field( wp_unslash( $_POST['_wpnonce'] ) ) : '';
		if ( ! wp_verify_nonce( $nonce, 'enrolld_leave_' . $entry['id'] ) ) {
			self::page( __( 'Please try again', 'enrolld-companion' ), '<p>' . esc_html__( 'This page was too old. Go back, load it again and press “End now”.', 'enrolld-companion' ) . '</p>', 403 );
		}
		self::finish( $entry['id'], 'left' );
		self::leave_session();
		$back = esc_url_raw( $entry['back'], array( 'http', 'https' ) );
		wp_redirect( '' !== $back ? $back : home_url( '/' ), 303, 'Enrolld' ); // phpcs:ignore WordPress.Security.SafeRedirect -- Enrolld wrote it; it is another site.
		exit;
	}

	/**
	 * The address of ours on this site.
	 *
	 * @param string $what 'enter' or 'leave'.
	 * @return string
	 */
	private static function url( $what ) {
		return site_url( 'index.php?enrolld=' . $what );
	}

	/**
	 * Headers of an answer that is for one person, now.
	 */
	private static function answer_privately() {
		Enrolld_Companion::never_cache();
		nocache_headers();
		if ( ! headers_sent() ) {
			header( 'Cache-Control: private, no-store, no-cache, max-age=0, must-revalidate' );
			header( 'Referrer-Policy: same-origin' );
			header( 'X-Frame-Options: DENY' );
			header( 'X-Robots-Tag: noindex' );
		}
	}

	/**
	 * Answers that nobody is let in.
	 *
	 * @param string     $why    Sentence.
	 * @param int        $status HTTP status.
	 * @param array|null $entry  The entry, when it is known: leads back.
	 */
	private static function refuse( $why, $status, $entry = null ) {
		$link = null !== $entry && '' !== $entry['back'] ? self::link( $entry['back'], __( 'Back to Enrolld', 'enrolld-companion' ) ) : '';
		self::page( __( 'You were not logged in', 'enrolld-companion' ), '<p>' . esc_html( $why ) . '</p>' . $link, $status );
	}

	/**
	 * A link in a paragraph.
	 *
	 * @param string $url  Address.
	 * @param string $text Text.
	 * @return string HTML.
	 */
	private static function link( $url, $text ) {
		return '<p><a href="' . esc_url( $url ) . '">' . esc_html( $text ) . '</a></p>';
	}

	/**
	 * Answers with a small page of our own, without the theme.
	 *
	 * @param string $title  Title.
	 * @param string $html   What it says.
	 * @param int    $status HTTP status.
	 */
	private static function page( $title, $html, $status ) {
		status_header( $status );
		if ( ! headers_sent() ) {
			header( 'Content-Type: text/html; charset=utf-8' );
		}
		echo '<!doctype html><html ', get_language_attributes(), '><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">', // phpcs:ignore WordPress.Security.EscapeOutput -- Made by WordPress.
			'<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>', esc_html( $title ), '</title><style>body{font:1.0625rem/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1.25rem}button{font:inherit;padding:.5rem 1rem}</style></head><body><main><h1>', esc_html( $title ), '</h1>',
			$html, // phpcs:ignore WordPress.Security.EscapeOutput -- Escaped where it is made.
			'</main></body></html>';
		exit;
	}

	/*
	 * Rights.
	 */

	/**
	 * Whether a user has more than a customer's rights: Enrolld's own rule, and on
	 * top of it what plugins add while WordPress runs.
	 *
	 * @param WP_User $user User.
	 * @return bool
	 */
	public static function beyond_customer( $user ) {
		global $wpdb;
		if ( is_super_admin( $user->ID ) || user_can( $user, 'manage_options' ) || user_can( $user, 'edit_users' ) || user_can( $user, 'edit_others_posts' ) ) {
			return true;
		}
		$pattern = '/^' . preg_quote( is_multisite() ? $wpdb->base_prefix : $wpdb->prefix, '/' ) . ( is_multisite() ? '([0-9]+_)?' : '' ) . 'capabilities$/D';
		foreach ( (array) get_user_meta( $user->ID ) as $key => $values ) {
			if ( ! preg_match( $pattern, (string) $key ) ) {
				continue;
			}
			foreach ( (array) $values as $value ) {
				if ( self::beyond_value( maybe_unserialize( $value ) ) ) {
					return true;
				}
			}
		}
		foreach ( array_keys( array_filter( (array) $user->allcaps ) ) as $capability ) {
			if ( self::beyond_slug( (string) $capability ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Judges what a user was given on a blog. What cannot be read counts as more.
	 *
	 * @param mixed $value Roles and capabilities.
	 * @return bool
	 */
	private static function beyond_value( $value ) {
		if ( ! is_array( $value ) ) {
			return '' !== $value;
		}
		$roles = wp_roles()->roles;
		foreach ( $value as $slug => $granted ) {
			// WP_User takes a role that is there with the value false for one that the user has.
			if ( ( $granted || isset( $roles[ $slug ] ) ) && self::beyond_slug( (string) $slug ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Judges a role or a capability.
	 *
	 * @param string $slug Role or capability.
	 * @return bool
	 */
	private static function beyond_slug( $slug ) {
		$roles = wp_roles()->roles;
		if ( ! isset( $roles[ $slug ] ) ) {
			return ! in_array( $slug, self::CUSTOMER_ROLES, true ) && self::beyond_reading( $slug );
		}
		foreach ( array_keys( array_filter( (array) $roles[ $slug ]['capabilities'] ) ) as $capability ) {
			if ( self::beyond_reading( (string) $capability ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Judges a capability: what is not known to be harmless is more than reading.
	 *
	 * @param string $capability Capability.
	 * @return bool
	 */
	public static function beyond_reading( $capability ) {
		if ( in_array( $capability, self::HARMLESS, true ) || 0 === strpos( $capability, 'access_' ) ) {
			return false;
		}
		return 0 !== strpos( $capability, 'read_' ) || 0 === strpos( $capability, 'read_private' );
	}

	/*
	 * The bar.
	 */

	/**
	 * Keeps pages of such a session out of every cache.
	 */
	public static function headers() {
		if ( null !== self::current() ) {
			nocache_headers();
			if ( ! headers_sent() ) {
				header( 'Cache-Control: private, no-store, no-cache, max-age=0, must-revalidate' );
			}
		}
	}

	/**
	 * Prints the bar, once.
	 */
	public static function bar() {
		$entry = self::current();
		if ( null === $entry || self::$shown ) {
			return;
		}
		self::$shown = true;
		/* translators: 1: name of a customer, 2: name of somebody of the team, 3: time */
		$text = __( 'You see this site as %1$s · logged in by %2$s · ends at %3$s', 'enrolld-companion' );
		echo '<section id="enrolld-bar" aria-label="', esc_attr__( 'Logged in as a customer', 'enrolld-companion' ), '"><style>',
			'#enrolld-bar{position:fixed;inset:auto 0 0 0;z-index:2147483000;display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:center;box-sizing:border-box;max-width:none;margin:0;padding:.625rem 1rem;background:#5b2100;color:#fff;font:600 16px/1.4 system-ui,sans-serif;text-align:center;border-top:2px solid #ffb37a}',
			'#enrolld-bar p,#enrolld-bar form{margin:0;padding:0;font:inherit;color:inherit}',
			'#enrolld-bar button{min-height:44px;margin:0;padding:.375rem 1rem;border:2px solid #fff;border-radius:6px;background:#fff;color:#5b2100;font:inherit;cursor:pointer}',
			'#enrolld-bar button:focus-visible{outline:3px solid #ffd9bd;outline-offset:2px}',
			'body{padding-bottom:5.5rem!important}@media(max-width:40rem){body{padding-bottom:9rem!important}}@media print{#enrolld-bar{display:none}}</style><p>',
			sprintf( // phpcs:ignore WordPress.Security.EscapeOutput -- Every part is escaped.
				esc_html( $text ),
				'<bdi>' . esc_html( wp_get_current_user()->display_name ) . '</bdi>',
				'<bdi>' . esc_html( $entry['operator'] ) . '</bdi>',
				'<time datetime="' . esc_attr( gmdate( 'c', $entry['until'] ) ) . '">' . esc_html( wp_date( get_option( 'time_format', 'H:i' ), $entry['until'] ) ) . '</time>'
			),
			'</p><form method="post" action="', esc_url( self::url( 'leave' ) ), '">';
		wp_nonce_field( 'enrolld_leave_' . $entry['id'], '_wpnonce', false );
		echo '<button type="submit">', esc_html__( 'End now', 'enrolld-companion' ), '</button></form></section>';
	}

	/*
	 * What is the customer's own affair: their login, their profile, their money,
	 * what they say, and how far they are in a course.
	 */

	/**
	 * The sentence that refuses.
	 *
	 * @return string
	 */
	private static function sentence() {
		return __( 'You see this site as a customer. Their password, address, profile, payments and progress are theirs, and so is what they say: nothing of it can be changed here, or said in their name.', 'enrolld-companion' );
	}

	/**
	 * Answers with the sentence.
	 */
	public static function deny_always() {
		if ( null !== self::current() ) {
			self::answer_privately();
			wp_die(
				esc_html( self::sentence() ),
				esc_html__( 'This cannot be done as a customer', 'enrolld-companion' ),
				array(
					'response'  => 403,
					'back_link' => true,
				)
			);
		}
	}

	/**
	 * Takes the right to change users away, oneself too.
	 *
	 * @param string[] $caps Capabilities that are needed.
	 * @param string   $cap  What is asked for.
	 * @return string[]
	 */
	public static function deny_own( $caps, $cap ) {
		$denied = array( 'edit_user', 'delete_user', 'remove_user', 'promote_user', 'create_app_password', 'edit_app_password', 'delete_app_password', 'delete_app_passwords' );
		return null !== self::$entry && in_array( $cap, $denied, true ) ? array( 'do_not_allow' ) : $caps;
	}

	/**
	 * There are no application passwords, no forms for topics and replies, and no
	 * lesson can be completed.
	 *
	 * @param bool $available Whether there are, or it can.
	 * @return bool
	 */
	public static function deny_available( $available ) {
		return $available && null === self::$entry;
	}

	/**
	 * The customer's password proves nothing, so that no form of a plugin that asks
	 * for it goes on.
	 *
	 * @param bool       $right    Whether it is right.
	 * @param string     $password Password.
	 * @param string     $hash     Its hash.
	 * @param int|string $user_id  User.
	 * @return bool
	 */
	public static function deny_password( $right, $password, $hash, $user_id = 0 ) {
		return $right && ( null === self::$entry || self::$entry['user_id'] !== (int) $user_id );
	}

	/**
	 * Refuses changes of users, payments, comments and what BuddyPress and bbPress
	 * keep, over REST.
	 *
	 * @param mixed           $response What others decided.
	 * @param array           $handler  Ignored.
	 * @param WP_REST_Request $request  Request.
	 * @return mixed
	 */
	public static function deny_rest( $response, $handler, $request ) {
		if ( null === self::current() || in_array( $request->get_method(), array( 'GET', 'HEAD', 'OPTIONS' ), true ) ) {
			return $response;
		}
		if ( preg_match( '#^/((wp/v2/(users|comments)|wc/store(/v[0-9]+)?/(checkout|order|cart/update-customer))(/|$)|(buddypress|buddyboss|bbp)[a-z-]*/v[0-9]+/)#i', $request->get_route() ) ) {
			return new WP_Error( 'enrolld_as_customer', self::sentence(), array( 'status' => 403 ) );
		}
		return $response;
	}

	/**
	 * Refuses to store another password, address or name of the user, whatever asks.
	 *
	 * @param array    $data    Row of the users table.
	 * @param bool     $update  Whether the user is there already.
	 * @param int|null $user_id User.
	 * @return array
	 */
	public static function deny_update( $data, $update, $user_id = null ) {
		if ( ! $update || null === self::$entry || self::$entry['user_id'] !== (int) $user_id ) {
			return $data;
		}
		$now = get_userdata( (int) $user_id );
		foreach ( array( 'user_pass', 'user_email', 'user_login', 'user_nicename', 'user_url', 'display_name' ) as $field ) {
			if ( isset( $data[ $field ] ) && (string) $data[ $field ] !== (string) $now->$field ) {
				self::deny_always();
			}
		}
		return $data;
	}

	/**
	 * Leaves names, billing, application passwords and the progress that LearnDash
	 * and Tutor keep as they are.
	 *
	 * @param mixed  $done    What others decided.
	 * @param int    $user_id User.
	 * @param string $key     Meta key.
	 * @return mixed False refuses.
	 */
	public static function deny_meta( $done, $user_id, $key ) {
		if ( null === self::$entry || self::$entry['user_id'] !== (int) $user_id ) {
			return $done;
		}
		return preg_match( '/^(first_name|last_name|nickname|description|_application_passwords|(billing|shipping)_.*|.*capabilities|.*user_level|_sfwd-(quizzes|course_progress)|(course_)?completed_[0-9]+|_tutor_completed_.*)$/D', (string) $key ) ? false : $done;
	}

	/**
	 * Refuses to delete the user.
	 *
	 * @param int $user_id User.
	 */
	public static function deny_user( $user_id ) {
		if ( null !== self::$entry && self::$entry['user_id'] === (int) $user_id ) {
			self::deny_always();
		}
	}

	/**
	 * Refuses a comment, which is what reviews of WooCommerce's products are, too.
	 *
	 * @param array $data Comment.
	 * @return array
	 */
	public static function deny_words( $data ) {
		self::deny_always();
		return $data;
	}

	/**
	 * Refuses to store what the member seems to have written, whichever form asks.
	 *
	 * @param bool  $is_empty Whether the post counts as empty.
	 * @param array $post     Post.
	 * @return bool
	 */
	public static function deny_post( $is_empty, $post ) {
		if ( null === self::current() || (int) $post['post_author'] !== self::$entry['user_id'] ) {
			return $is_empty;
		}
		$own = (array) apply_filters( 'enrolld_own_post_types', self::OWN_POSTS );
		if ( in_array( $post['post_type'], $own, true ) ) {
			self::deny_always();
		}
		return $is_empty;
	}

	/**
	 * Says where one would comment that one cannot.
	 *
	 * @param string $field HTML of the field.
	 * @return string
	 */
	public static function say_why( $field ) {
		return null === self::current() ? $field : '<p class="comment-notes">' . esc_html( self::sentence() ) . '</p>';
	}

	/**
	 * Takes the button away below it.
	 *
	 * @param string $field HTML of the button.
	 * @return string
	 */
	public static function empty_out( $field ) {
		return null === self::current() ? $field : '';
	}

	/**
	 * Refuses the forms of WooCommerce's account pages, and calls that no filter sees.
	 */
	private static function deny_forms() {
		// phpcs:disable WordPress.Security.NonceVerification -- Nothing is done with it.
		$action = isset( $_POST['action'] ) && is_string( $_POST['action'] ) ? sanitize_key( wp_unslash( $_POST['action'] ) ) : '';
		$forms  = array( 'save_account_details', 'save_address', 'woocommerce_add_payment_method', 'woocommerce_pay', 'woocommerce_checkout_place_order' );
		if ( in_array( $action, array( 'save_account_details', 'edit_address' ), true ) || in_array( $action, self::OWN_CALLS, true ) || array() !== array_intersect_key( $_POST, array_flip( $forms ) ) ) {
			self::deny_always();
		}
		// phpcs:enable
	}

	/**
	 * Refuses WooCommerce's links that change payment methods.
	 *
	 * @param WP $wp Request.
	 */
	public static function deny_links( $wp ) {
		if ( isset( $wp->query_vars['delete-payment-method'] ) || isset( $wp->query_vars['set-default-payment-method'] ) ) {
			self::deny_always();
		}
	}

	/**
	 * Refuses to order: a saved card would pay.
	 *
	 * @throws Exception With the sentence, which WooCommerce shows.
	 */
	public static function deny_checkout() {
		if ( null !== self::current() ) {
			throw new Exception( esc_html( self::sentence() ) );
		}
	}

	/**
	 * Writes to PHP's error log.
	 *
	 * @param string $message Message.
	 */
	private static function log( $message ) {
		error_log( 'enrolld-companion: ' . $message ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
	}
}

if ( ! function_exists( 'enrolld_has_access' ) ) {
	/**
	 * Whether a user has access to a course now.
	 *
	 * @param int $user_id   User.
	 * @param int $course_id Course page.
	 * @return bool False too when access cannot be checked.
	 */
	function enrolld_has_access( $user_id, $course_id ) {
		return true === Enrolld_Companion::access( $user_id, $course_id );
	}
}

Enrolld_Companion::init();
Enrolld_Entry::init();
